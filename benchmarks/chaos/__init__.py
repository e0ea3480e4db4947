"""Five protocol servers that are killed and come back at random: every state right in time, nothing lost or twice."""
