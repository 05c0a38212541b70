"""Never ends, and will not be asked to; its child leaves even its session."""

import os
import signal
import socket

signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
line = socket.socket(socket.AF_UNIX)
line.connect("alive")
while True:
    signal.pause()
