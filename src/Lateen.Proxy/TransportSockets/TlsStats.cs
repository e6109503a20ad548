using Lateen.Net.Tls;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.TransportSockets;

/// <summary>Statistics of one side's TLS, below <c>…ssl.</c></summary>
internal enum TlsStat
{
    Handshake, ConnectionError, NoCertificate, SessionReused, FailVerifyNoCert, FailVerifyError, FailVerifySan, FailVerifyCertHash,
    HandshakeTimeout, HandshakeOverflow,
}

/// <summary>Counts handshakes of a listener or cluster. The scope exists from the first handshake on.</summary>
internal sealed class TlsStats(ICompileHost host, string prefix)
{
    private StatScope? _scope;

    public void Count(int worker, TlsStat stat) => (_scope ??= host.StatsOf(prefix, StatNames.Tls)).For(worker).Add(stat);

    public void CountDone(int worker, TlsDetails details)
    {
        Count(worker, TlsStat.Handshake);
        // Names of the library, not of the peer: there are few.
        _scope!.CountNamed("versions." + details.Version);
        _scope.CountNamed("ciphers." + details.Cipher);
        if (details.IsResumed)
        {
            Count(worker, TlsStat.SessionReused);
        }
        if (details.Peer is null)
        {
            Count(worker, TlsStat.NoCertificate);
        }
    }

    /// <param name="worker">The thread.</param>
    /// <param name="failure">The transport's words; they name the verification that failed.</param>
    public void CountFailed(int worker, string failure)
    {
        Count(worker, TlsStat.ConnectionError);
        if (failure.Contains("verify SAN list", StringComparison.Ordinal))
        {
            Count(worker, TlsStat.FailVerifySan);
        }
        else if (failure.Contains("CERTIFICATE_VERIFY_FAILED", StringComparison.Ordinal))
        {
            Count(worker, TlsStat.FailVerifyError);
        }
        else if (failure.Contains("PEER_DID_NOT_RETURN_A_CERTIFICATE", StringComparison.Ordinal))
        {
            Count(worker, TlsStat.FailVerifyNoCert);
        }
    }
}
