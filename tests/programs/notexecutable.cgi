#!/bin/sh
echo secret source
