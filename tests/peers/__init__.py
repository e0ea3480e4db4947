"""What others wrote, and our protocols against it. scripts/peers.sh installs it; without a registry it is left out."""
