"""What comes out for whom: report, tables, maps."""
