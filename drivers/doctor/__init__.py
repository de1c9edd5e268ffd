"""The doctor: checks everything a measurement rests on, in order, and says what to do.

Of each check it says whether it is well, what is wrong, and what to do; of one that could not be
made, why. The checks are data, in the order in which they are made:

- `drivers.doctor.workbench`: the testbed, the tools, the servers
- `drivers.doctor.patient`: each handset: the way to it, the app, a session, its clock
- `drivers.doctor.screens`: what the app's profile promises, the chat, typing
- `drivers.doctor.exchange`: what takes a message, if one may be sent
"""
