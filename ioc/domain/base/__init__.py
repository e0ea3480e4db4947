"""What every part of the domain uses: text, time, units, severity."""
