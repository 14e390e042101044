# Says what a form holds, by the module that all programs of the time used.
import warnings

warnings.simplefilter("ignore")
import cgi  # noqa: E402
import hashlib  # noqa: E402

form = cgi.FieldStorage()
file = form["file"]
print("Content-Type: text/plain\n")
print(form.getfirst("name"), file.filename, hashlib.sha256(file.file.read()).hexdigest())
