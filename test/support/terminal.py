"""Runs a command on a pseudo-terminal: waits for a text, presses keys, prints all output, hands on the exit code."""
import fcntl
import json
import os
import pty
import struct
import sys
import termios

answers = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    # 24 lines of 200 columns, so that no text that is waited for wraps.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
seen = ""
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    text = data.decode("utf-8", "replace")
    sys.stdout.write(text)
    seen += text
    if answers and answers[0][0] in seen:
        os.write(fd, answers.pop(0)[1].encode())
        seen = ""
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status))
