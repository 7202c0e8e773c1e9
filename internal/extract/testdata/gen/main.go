// Command gen writes the messages of testdata/replay/attachments: mails with
// made documents and archives. Run it at the root of the module:
//
//	go run ./internal/extract/testdata/gen
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"labelmilter/internal/extract/testdata/gen/sample"
)

const (
	docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	pdfType  = "application/pdf"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	out      = "testdata/replay/attachments"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// document is a docx with the given paragraphs.
func document(paragraphs []string, more ...[2]string) []byte {
	var b strings.Builder
	for _, p := range paragraphs {
		fmt.Fprintf(&b, "<w:p><w:r><w:t>%s</w:t></w:r></w:p>", p)
	}
	return sample.Zip(append([][2]string{{"[Content_Types].xml", "<Types/>"}, {"word/document.xml", "<w:document><w:body>" + b.String() + "</w:body></w:document>"}}, more...)...)
}

// sheet is an xlsx with a styled number.
func sheet(head, value, format string) []byte {
	return sample.Zip([2]string{"[Content_Types].xml", `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`},
		[2]string{"xl/workbook.xml", "<workbook/>"},
		[2]string{"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="` + format + `"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`},
		[2]string{"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c t="inlineStr"><is><t>` + head + `</t></is></c><c s="1"><v>` + value + `</v></c></row></sheetData></worksheet>`})
}

func write() error {
	tfn := string(sheet("tax file number", "123456782", `000\ 000\ 000`))
	inner := string(document([]string{"The register is in the sheet below."}, [2]string{"word/embeddings/register.xlsx", tfn}))
	broken := document([]string{strings.Repeat("A paragraph that will not be read to its end. ", 40)})
	copy(broken[strings.Index(string(broken), "word/document.xml")+40:], "\xff\xff\xff\xff\xff\xff")
	deep := []byte("the end")
	for range 25 {
		deep = sample.Zip([2]string{"inner.zip", string(deep)})
	}
	locked, err := os.ReadFile("internal/extract/archive/testdata/zipcrypto.zip")
	if err != nil {
		return err
	}
	var made [][]byte // by programs; see make.sh there
	for _, n := range []string{"libreoffice", "chromium", "latex", "empty-password", "locked"} {
		b, err := os.ReadFile("internal/extract/pdf/testdata/" + n + ".pdf")
		if err != nil {
			return err
		}
		made = append(made, b)
	}
	var office [][]byte // by LibreOffice and OpenSSL; see the scripts beside them
	for _, n := range []string{"ole/testdata/minute.doc", "ole/testdata/minute.rtf", "ole/testdata/register.xls", "cms/testdata/signed.p7m"} {
		b, err := os.ReadFile("internal/extract/" + n)
		if err != nil {
			return err
		}
		office = append(office, b)
	}
	const word, excel = "application/msword", "application/vnd.ms-excel"
	places := sample.Docx()
	for _, f := range []struct {
		file, name, typ string
		data            []byte
	}{
		{"001-chain", "all.zip", "application/zip", sample.Zip([2]string{"readme.txt", "see the report"}, [2]string{"reports/report.docx", inner})},
		{"002-banner-in-document", "minute.docx", docxType, document([]string{"PROTECTED", "Minute", "The text of the minute."})},
		{"003-encrypted-zip", "locked.zip", "application/zip", locked},
		{"004-corrupt-document", "broken.docx", docxType, broken},
		{"005-nested-too-deep", "deep.zip", "application/zip", deep},
		{"006-card-as-number", "cards.xlsx", xlsxType, sheet("credit card", "4.111111111111111E15", "General")},
		{"007-document-as-image", "holiday.jpg", "image/jpeg", document([]string{"tax file number 123 456 782"})},
		{"008-every-place", places.Name, places.Type, places.Data},
		{"020-pdf-libreoffice", "minute.pdf", pdfType, made[0]},
		{"021-pdf-chromium", "accounts.pdf", pdfType, made[1]},
		{"022-pdf-latex", "affidavit.pdf", pdfType, made[2]},
		{"023-pdf-scan", "scan0001.pdf", pdfType, sample.PDFScan()},
		{"024-pdf-empty-password", "payroll.pdf", pdfType, made[3]},
		{"025-pdf-locked", "payroll.pdf", pdfType, made[4]},
		{"026-pdf-undecodable", "list.pdf", pdfType, sample.PDFUnknown()},
		{"027-pdf-label", "plan.pdf", pdfType, sample.PDFLabelled()},
		{"028-pdf-every-place", "places.pdf", pdfType, sample.Pdf().Data},
		{"030-doc", "minute.doc", word, office[0]},
		{"031-rtf", "minute.rtf", "text/rtf", office[1]},
		{"032-xls", "register.xls", excel, office[2]},
		{"033-ppt-every-place", "places.ppt", "application/vnd.ms-powerpoint", sample.Ppt().Data},
		{"034-msg", "message.msg", "application/vnd.ms-outlook", sample.MsgMarked()},
		{"035-winmail", "winmail.dat", "application/ms-tnef", sample.TNEF().Data},
		{"036-signed-message", "smime.p7m", "application/pkcs7-mime; smime-type=signed-data", office[3]},
		{"037-doc-every-place", "places.doc", word, sample.Doc().Data},
		{"038-xls-locked", "payroll.xls", excel, sample.XlsLocked()},
		{"039-rights-protected", "message.rpmsg", "application/x-microsoft-rpmsg-message", []byte("\x76\xe8\x04\x60\xc4\x11\xe3\x86" + strings.Repeat("\x00\x01\x02\x03", 64))},
		{"040-doc-damaged", "report.doc", word, office[0][:len(office[0])*2/3]},
	} {
		if err := os.WriteFile(filepath.Join(out, f.file+".eml"), mail(f.file, f.name, f.typ, f.data), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func mail(subject, name, typ string, data []byte) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: a@agency.example\nTo: b@partner.example\nDate: Tue, 3 Nov 2026 10:00:00 +1100\nMessage-ID: <%s@agency.example>\nSubject: %s\nMIME-Version: 1.0\n"+
		"Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nPlease find attached.\n--b\nContent-Type: %s\nContent-Disposition: attachment; filename=\"%s\"\nContent-Transfer-Encoding: base64\n\n", subject, subject[4:], typ, name)
	e := base64.StdEncoding.EncodeToString(data)
	for len(e) > 76 {
		b.WriteString(e[:76] + "\n")
		e = e[76:]
	}
	b.WriteString(e + "\n--b--\n")
	return []byte(b.String())
}
