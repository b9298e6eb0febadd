"""What the organisation says it measures, and why."""
