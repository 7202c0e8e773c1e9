package main

import (
	"errors"
	"os"
	"strings"
)

// The markers between which the table stands.
const (
	beginMark = "<!-- bench:begin -->"
	endMark   = "<!-- bench:end -->"
)

// errMarks: a file has not exactly one place for the table.
var errMarks = errors.New("want one line " + beginMark + " and one line " + endMark + " after it")

// replaceBetween puts text on the lines between the markers.
func replaceBetween(file, text string) (string, error) {
	if strings.Count(file, beginMark) != 1 || strings.Count(file, endMark) != 1 {
		return "", errMarks
	}
	before, rest, _ := strings.Cut(file, beginMark)
	_, after, ok := strings.Cut(rest, endMark)
	if !ok {
		return "", errMarks
	}
	return before + beginMark + "\n" + strings.TrimSpace(text) + "\n" + endMark + after, nil
}

// replaceInFile does so in a file, which is replaced as a whole.
func replaceInFile(name, text string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	st, err := os.Stat(name)
	if err != nil {
		return err
	}
	out, err := replaceBetween(string(data), text)
	if err != nil {
		return errors.Join(errors.New(name), err)
	}
	temp := name + ".new"
	if err := os.WriteFile(temp, []byte(out), st.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(temp, name)
}
