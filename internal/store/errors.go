package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"

	"labelmilter/internal/journal"
)

// What can be wrong with the database. Each error of this package that comes
// from it wraps one of these.
var (
	ErrCorrupt  = errors.New("the database is corrupt or no database")
	ErrLocked   = errors.New("the database is locked by another process")
	ErrFull     = errors.New("the disk or the database is full")
	ErrReadOnly = errors.New("the database cannot be written")
	ErrIO       = errors.New("the database cannot be read or written")
	ErrClosed   = errors.New("the database is closed")
	ErrNewer    = errors.New("the database was written by a newer version")
	ErrMissing  = errors.New("there is no database yet")
	ErrTooLarge = errors.New("the record is too large")
	ErrDamaged  = errors.New("a piece of the decisions cannot be read") // all others can
	ErrOther    = errors.New("the database failed")
)

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the
// low byte of an extended code.
const (
	codePerm     = 3
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// kind is the sentinel for an error of the driver.
func kind(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return fileKind(err)
	}
	switch e.Code() & 0xff {
	case codeBusy, codeLocked:
		return ErrLocked
	case codeCorrupt, codeNotADB:
		return ErrCorrupt
	case codeFull:
		return ErrFull
	case codeReadOnly, codePerm:
		return ErrReadOnly
	case codeIOErr, codeCantOpen:
		return ErrIO
	}
	return ErrOther
}

// fileKind is the sentinel for an error of the journal or its files.
func fileKind(err error) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, journal.ErrInUse):
		return ErrLocked
	case errors.Is(err, journal.ErrDamaged), errors.Is(err, errForm):
		return ErrDamaged
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ErrFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return ErrReadOnly
	case errors.As(err, &errno):
		return ErrIO
	}
	return ErrOther
}

// wrap makes a typed error of the driver's. Errors of this package and of
// contexts stay as they are.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, journal.ErrClosed) {
		err = ErrClosed
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("store: %s: %w", doing, err)
	}
	for _, known := range []error{ErrNewer, ErrClosed, ErrMissing, ErrTooLarge, ErrSpent} {
		if errors.Is(err, known) {
			return fmt.Errorf("store: %s: %w", doing, err)
		}
	}
	return fmt.Errorf("store: %s: %w: %w", doing, kind(err), err)
}
