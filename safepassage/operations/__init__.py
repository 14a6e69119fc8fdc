"""The ledger of an evacuation: events from people in the field, and what follows from them."""
