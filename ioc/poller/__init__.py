"""What happens over time: polling, evaluation, the read model, the processes."""
