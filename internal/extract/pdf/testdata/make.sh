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

# A small document in every encryption that opens without a password, and one
# changed after it was saved.
cat > "$tmp/tiny.pdf" <<'END'
%PDF-1.4
1 0 obj
<</Type /Catalog /Pages 2 0 R>>
endobj
2 0 obj
<</Type /Pages /Kids [3 0 R] /Count 1>>
endobj
3 0 obj
<</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources <</Font <</F1 4 0 R>>>> /Contents 5 0 R>>
endobj
4 0 obj
<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>
endobj
5 0 obj
<</Length 54>>
stream
BT /F1 9 Tf 20 100 Td (Card 4111111111111111) Tj ET   
endstream
endobj
6 0 obj
<</Title (Title 5500005555555559)>>
endobj
trailer
<</Root 1 0 R /Info 6 0 R /Size 7 /ID [<0123456789abcdef0123456789abcdef> <0123456789abcdef0123456789abcdef>]>>
%%EOF
END
crypt() { qpdf --allow-weak-crypto "$tmp/tiny.pdf" "$@" || [ $? = 3 ]; } # 3: it has no table
crypt --encrypt "" owner 40 -- rc4-40.pdf
crypt --encrypt "" owner 128 --use-aes=n -- rc4-128.pdf
crypt --encrypt "" owner 128 --use-aes=y -- aes-128.pdf
crypt --encrypt "" owner 256 --force-R5 -- aes-256-r5.pdf
crypt --object-streams=generate --encrypt "" owner 256 -- aes-256-packed.pdf
crypt --encrypt user "" 256 --allow-insecure -- owner-empty.pdf
crypt --linearize linear.pdf
