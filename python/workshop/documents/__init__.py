"""Documents made by script: pages of invented people and shops, how they are captured, and how they are forged."""
