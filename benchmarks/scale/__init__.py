"""What an audit of many rows costs, compared with a scan of the same columns by the same engine."""
