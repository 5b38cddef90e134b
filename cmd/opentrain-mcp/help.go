package main

import "github.com/alecthomas/kong"

// flagHelp is the help of flags whose words are too long for a struct tag.
func flagHelp() kong.Vars {
	return kong.Vars{
		"helpListen": "Address to listen on. Beyond loopback it wants --tls-cert or --behind-proxy, and --allowed-hosts.",
		"helpSessions": "Keep sessions for older clients: streams, forms and progress; then one replica must get all requests " +
			"of a session.",
		"helpAuth": "callers: each caller sends an OpenTrain token. shared: all act for this server's account, with the " +
			"token in OPENTRAIN_MCP_SERVER_TOKEN or the file in OPENTRAIN_MCP_SERVER_TOKEN_FILE.",
		"helpTLSCert": "PEM file of the TLS certificate; it is read again when it changes.",
		"helpReplicated": "Other replicas serve the same callers: a draft may change without this one knowing. Needs " +
			"OPENTRAIN_MCP_STATE_KEY.",
		"helpAllowedOrigins": "Web pages that may call, such as https://app.example.com; switches CORS on for them.",
		"helpDrainPause": "After SIGTERM, answer new calls with 503 for so long before the address is closed, so that a proxy " +
			"in front sends them to another replica.",
		"helpToolsets": "Serve only these toolsets: posting, market, account, applicants; or all. Default: those that are on by default.",
		"helpBaseURL":  "Address of OpenTrain (default: https://app.opentrain.ai).",
		"helpPublishConfirm": "Ask the human before anything becomes public (auto), or publish at once (off). Confirmations are " +
			"sealed with the key in OPENTRAIN_MCP_STATE_KEY, or in the file in OPENTRAIN_MCP_STATE_KEY_FILE.",
		"helpElicitation": "Put questions to the human in forms where the host can show them (auto), or always in the " +
			"conversation (off).",
		"helpFormTimeout": "How long a form waits for its human, while a call of an older host waits.",
		"helpPublicReads": "Reads without a token a minute, of the 120 that OpenTrain allows an address. Divide it among " +
			"replicas behind one address.",
		"helpLogFormat": "Form of the log on standard error (default: text, for http json).",
	}
}
