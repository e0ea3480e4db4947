"""The polling process: scheduler, poller, writer, KPI engine, failover, host monitor."""
