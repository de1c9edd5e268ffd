"""An app nobody here wrote, with a filter nobody here wrote: The Lounge on InspIRCd."""
