#!/bin/sh
# Says where its child is and sleeps: TERM ends the shell, only a signal to the group ends the child.
sleep 60 &
echo "$$ $!" > "$PID_FILE"
wait
