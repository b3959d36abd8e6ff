"""Random histories of payments, judged by a model that knows what the network did."""
