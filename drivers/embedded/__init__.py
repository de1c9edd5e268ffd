"""The handsets and the messaging network that ship with the project: no hardware needed.

They prove the host side only: that texts are typed, sent, read, aligned and judged as they should
be. They say nothing about real phones, keyboards, timing or accessibility trees.
"""
