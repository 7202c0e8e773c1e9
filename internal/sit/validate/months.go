package validate

// monthNames: English, Dutch, French, German, Italian, Portuguese and Spanish
// names and abbreviations in lower case, with and without accents.
var monthNames = [...]struct {
	name  string
	month int
}{
	{"january", 1}, {"jan", 1}, {"januari", 1}, {"janvier", 1}, {"janv", 1}, {"januar", 1},
	{"jänuar", 1}, {"jän", 1}, {"jaenner", 1}, {"jänner", 1}, {"gennaio", 1}, {"genn", 1},
	{"gen", 1}, {"janeiro", 1}, {"enero", 1}, {"ene", 1},
	{"february", 2}, {"feb", 2}, {"februari", 2}, {"février", 2}, {"fevrier", 2}, {"févr", 2},
	{"fevr", 2}, {"februar", 2}, {"febbraio", 2}, {"febbr", 2}, {"fevereiro", 2}, {"fev", 2},
	{"febrero", 2},
	{"march", 3}, {"mar", 3}, {"maart", 3}, {"maa", 3}, {"mrt", 3}, {"mars", 3},
	{"märz", 3}, {"maerz", 3}, {"marz", 3}, {"mär", 3}, {"marzo", 3}, {"março", 3},
	{"marco", 3},
	{"april", 4}, {"apr", 4}, {"avril", 4}, {"avr", 4}, {"aprile", 4}, {"abril", 4},
	{"abr", 4},
	{"may", 5}, {"mei", 5}, {"mai", 5}, {"maggio", 5}, {"magg", 5}, {"mag", 5},
	{"maio", 5}, {"mayo", 5},
	{"june", 6}, {"jun", 6}, {"juni", 6}, {"juin", 6}, {"giugno", 6}, {"giu", 6},
	{"junho", 6}, {"junio", 6},
	{"july", 7}, {"jul", 7}, {"juli", 7}, {"juillet", 7}, {"juil", 7}, {"luglio", 7},
	{"lug", 7}, {"julho", 7}, {"julio", 7},
	{"august", 8}, {"aug", 8}, {"augustus", 8}, {"août", 8}, {"aout", 8}, {"agosto", 8},
	{"ago", 8}, {"ag", 8},
	{"september", 9}, {"sept", 9}, {"sep", 9}, {"septembre", 9}, {"settembre", 9}, {"sett", 9},
	{"set", 9}, {"setembro", 9}, {"septiembre", 9},
	{"october", 10}, {"oct", 10}, {"oktober", 10}, {"okt", 10}, {"ocktober", 10}, {"octobre", 10},
	{"ottobre", 10}, {"ott", 10}, {"outubro", 10}, {"out", 10}, {"octubre", 10},
	{"november", 11}, {"nov", 11}, {"novembre", 11}, {"novembro", 11}, {"noviembre", 11},
	{"december", 12}, {"dec", 12}, {"décembre", 12}, {"decembre", 12}, {"déc", 12}, {"dezember", 12},
	{"dez", 12}, {"dicembre", 12}, {"dic", 12}, {"dezembro", 12}, {"diciembre", 12},
}
