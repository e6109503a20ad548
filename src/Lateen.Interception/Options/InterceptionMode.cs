namespace Lateen.Interception.Options;

/// <summary>How inbound connections reach the sidecar.</summary>
public enum InterceptionMode
{
    /// <summary>The destination is rewritten (nat REDIRECT); the application sees the source 127.0.0.6.</summary>
    Redirect,

    /// <summary>The packet is handed over unchanged (mangle TPROXY), so that the client's address survives.</summary>
    Tproxy,
}
