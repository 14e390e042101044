"""A client: fetches a page and each file that it links to. Appends a line to the file named by COUNT, if any."""

import os
import re
import sys
import urllib.request

if "COUNT" in os.environ:
    with open(os.environ["COUNT"], "a") as count:
        count.write("run\n")
page = urllib.request.urlopen(sys.argv[1] + "/").read().decode()
for link in re.findall('<a href="([^"]*)"', page):
    with open(link.rpartition("/")[2], "wb") as file:
        file.write(urllib.request.urlopen(sys.argv[1] + link).read())
