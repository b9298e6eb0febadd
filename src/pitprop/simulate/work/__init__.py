"""Work systems: crews, roles, tools and buffers, and what each way of dividing the work yields."""
