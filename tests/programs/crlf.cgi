#!/bin/sh
echo hello
