"""Five protocol servers are killed and restarted at random: states are right in time, no reading is lost or doubled."""
