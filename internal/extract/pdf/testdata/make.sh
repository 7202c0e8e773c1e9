#!/bin/sh
# Makes the documents here with programs that write PDF in practice. They are
# committed: their bytes differ with the version of the program. Debian packages:
# libreoffice-writer chromium texlive-latex-base qpdf fonts-liberation
set -e
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat > "$tmp/libreoffice.txt" <<'END'
PROTECTED

Minute

The office filed an efficient affidavit. The tax file number of the employee, R. Citizen, is 123 456 782.
END
soffice --headless --convert-to pdf:writer_pdf_Export --outdir "$tmp" "$tmp/libreoffice.txt"
cp "$tmp/libreoffice.pdf" .

cat > "$tmp/chromium.html" <<'END'
<html><head><meta charset="utf-8"><title>Cards</title><style>body{font-family:"Liberation Sans"}td{border:1px solid}</style></head><body>
<h1>Accounts</h1><table><tr><td>Customer<td>Credit card<td>Expiry<tr><td>Dana Field<td>4111 1111 1111 1111<td>11/28</table></body></html>
END
chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer --print-to-pdf=chromium.pdf "$tmp/chromium.html"

cat > "$tmp/latex.tex" <<'END'
\documentclass[10pt]{article}\pagestyle{empty}\usepackage[paperwidth=7cm,paperheight=6cm,margin=5mm]{geometry}
\begin{document}
\noindent OFFICIAL: Sensitive

\medskip\noindent The office filed an efficient affidavit of the employee (M\"uller), whose tax file number is 123\,456\,782; the tax office confirmed its classification.
\end{document}
END
pdflatex -interaction=batchmode -output-directory "$tmp" "$tmp/latex.tex"
cp "$tmp/latex.pdf" .

cat > "$tmp/empty.txt" <<'END'
Payroll: the tax file number of R. Citizen is 876 543 210.
END
soffice --headless --convert-to pdf:writer_pdf_Export --outdir "$tmp" "$tmp/empty.txt"
# Opens without a password; and one that does not.
qpdf --encrypt "" owner 256 -- "$tmp/empty.pdf" empty-password.pdf
qpdf --encrypt user owner 256 -- "$tmp/empty.pdf" locked.pdf
