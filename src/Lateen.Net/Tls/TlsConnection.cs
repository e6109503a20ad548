using System.Runtime.InteropServices;
using System.Text;
using static Lateen.Net.Tls.LibSsl;

namespace Lateen.Net.Tls;

/// <summary>The calls on one SSL object that need pointers, so that the rest of the layer needs none.</summary>
internal static unsafe class TlsConnection
{
    /// <summary>The SNI that a client sends.</summary>
    public static void SetServerName(nint ssl, string name)
    {
        fixed (byte* p = Encoding.ASCII.GetBytes(name + "\0"))
        {
            SSL_ctrl(ssl, CtrlServerName, 0, p);
        }
    }

    /// <summary>A host (or address) that the peer's certificate must be for, by its subject alternative names alone (RFC 6125).</summary>
    public static void SetExpectedName(nint ssl, string name)
    {
        SSL_set_hostflags(ssl, HostNeverSubject | HostNoPartialWildcards);
        fixed (byte* p = Encoding.ASCII.GetBytes(name + "\0"))
        {
            _ = SSL_set1_host(ssl, p);
        }
    }

    /// <summary>The ALPN list of this connection, in place of its context's.</summary>
    public static void SetProtocols(nint ssl, byte[] wire)
    {
        fixed (byte* p = wire)
        {
            _ = SSL_set_alpn_protos(ssl, p, (uint)wire.Length);
        }
    }

    public static string Protocol(nint ssl)
    {
        byte* data;
        uint length;
        SSL_get0_alpn_selected(ssl, &data, &length);
        return length switch
        {
            0 => "",
            2 when data[0] == 'h' && data[1] == '2' => "h2",
            _ => Encoding.ASCII.GetString(data, (int)length),
        };
    }

    /// <summary>What is worth keeping of a finished handshake.</summary>
    public static TlsDetails Details(nint ssl)
    {
        uint length;
        byte* id = SSL_SESSION_get_id(SSL_get_session(ssl), &length);
        return new TlsDetails
        {
            Version = Text(SSL_get_version(ssl)),
            Cipher = Text(SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))),
            ServerName = Text(SSL_get_servername(ssl, 0)),
            SessionId = length == 0 ? "" : Convert.ToHexStringLower(new ReadOnlySpan<byte>(id, (int)length)),
            IsResumed = SSL_session_reused(ssl) == 1,
            Peer = PemReader.ToPeerCertificate(SSL_get0_peer_certificate(ssl)),
            IsPeerVerified = SSL_get_verify_result(ssl) == VerifyOk,
        };
    }

    /// <summary>This side's own leaf; null if it has shown none.</summary>
    public static PeerCertificate? LocalCertificate(nint ssl) => PemReader.ToPeerCertificate(SSL_get_certificate(ssl));

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}

/// <summary>What a finished handshake has settled. Immutable.</summary>
internal sealed class TlsDetails
{
    /// <summary>For example TLSv1.3.</summary>
    public required string Version { get; init; }

    /// <summary>OpenSSL's name, for example TLS_AES_256_GCM_SHA384.</summary>
    public required string Cipher { get; init; }

    /// <summary>SNI; empty without.</summary>
    public required string ServerName { get; init; }

    /// <summary>Hexadecimal; empty without.</summary>
    public required string SessionId { get; init; }

    public required bool IsResumed { get; init; }

    /// <summary>The peer's leaf; null if it has shown none.</summary>
    public required PeerCertificate? Peer { get; init; }

    /// <summary>The peer's certificate was verified, or there was none to verify.</summary>
    public required bool IsPeerVerified { get; init; }
}
