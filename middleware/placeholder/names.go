package placeholder

// A source is where a value comes from; zero is nowhere.
type source int

const (
	unknown source = iota

	// named by an argument
	fromRequestField
	fromResponseField
	fromCookie
	fromArgument
	fromLabel

	fromMethod
	fromProto
	fromScheme
	fromHost
	fromHostOnly
	fromServerPort
	fromRemote
	fromPort
	fromRequest

	fromPath
	fromQuery
	fromURI
	fromFragment
	fromDir
	fromFile

	fromNote

	fromStatus
	fromSize
	fromLatency
	fromLatencyMS

	fromWhen
	fromWhenISO
	fromWhenISOLocal
	fromWhenUnix
	fromWhenUnixMS
	fromMachine

	fromTLSProtocol
	fromTLSCipher
	fromCertSubject
	fromCertIssuer
	fromCertSerial
	fromCertFingerprint
	fromCertStart
	fromCertEnd
	fromCertRemain
	fromCertPEM
	fromCertDER
)

// An origin is what a name stands for.
type origin struct {
	source  source
	current bool // of the URL as it is now, not as the client sent it
	escaped bool // as one argument of a query
}

var names = map[string]origin{
	"method":      {source: fromMethod},
	"proto":       {source: fromProto},
	"scheme":      {source: fromScheme},
	"host":        {source: fromHost},
	"hostonly":    {source: fromHostOnly},
	"server_port": {source: fromServerPort},
	"remote":      {source: fromRemote},
	"client_ip":   {source: fromRemote},
	"port":        {source: fromPort},
	"request":     {source: fromRequest},

	"path":                  {source: fromPath},
	"path_escaped":          {source: fromPath, escaped: true},
	"rewrite_path":          {source: fromPath, current: true},
	"rewrite_path_escaped":  {source: fromPath, current: true, escaped: true},
	"query":                 {source: fromQuery},
	"query_escaped":         {source: fromQuery, escaped: true},
	"rewrite_query":         {source: fromQuery, current: true},
	"rewrite_query_escaped": {source: fromQuery, current: true, escaped: true},
	"uri":                   {source: fromURI},
	"uri_escaped":           {source: fromURI, escaped: true},
	"rewrite_uri":           {source: fromURI, current: true},
	"rewrite_uri_escaped":   {source: fromURI, current: true, escaped: true},
	"fragment":              {source: fromFragment},
	"dir":                   {source: fromDir, current: true},
	"file":                  {source: fromFile, current: true},

	"user":       {source: fromNote},
	"request_id": {source: fromNote},
	"aborted":    {source: fromNote},

	"upstream":            {source: fromNote},
	"upstream_status":     {source: fromNote},
	"upstream_attempts":   {source: fromNote},
	"upstream_latency":    {source: fromNote},
	"upstream_latency_ms": {source: fromNote},

	"status":     {source: fromStatus},
	"size":       {source: fromSize},
	"latency":    {source: fromLatency},
	"latency_ms": {source: fromLatencyMS},

	"when":           {source: fromWhen},
	"when_iso":       {source: fromWhenISO},
	"when_iso_local": {source: fromWhenISOLocal},
	"when_unix":      {source: fromWhenUnix},
	"when_unix_ms":   {source: fromWhenUnixMS},
	"hostname":       {source: fromMachine},

	"tls_protocol":            {source: fromTLSProtocol},
	"tls_cipher":              {source: fromTLSCipher},
	"tls_client_s_dn":         {source: fromCertSubject},
	"tls_client_i_dn":         {source: fromCertIssuer},
	"tls_client_serial":       {source: fromCertSerial},
	"tls_client_fingerprint":  {source: fromCertFingerprint},
	"tls_client_v_start":      {source: fromCertStart},
	"tls_client_v_end":        {source: fromCertEnd},
	"tls_client_v_remain":     {source: fromCertRemain},
	"tls_client_escaped_cert": {source: fromCertPEM},
	"tls_client_raw_cert":     {source: fromCertDER},
}
