"""The skins of the embedded handset: one module an app."""
