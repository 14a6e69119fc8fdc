"""Everyone leaves within hours: bound, routes that reserve capacity, plans that people can follow."""
