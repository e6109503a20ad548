using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using static Lateen.Net.Tls.LibSsl;

namespace Lateen.Net.Tls;

/// <summary>An SSL_CTX: certificates, trust and rules of one side. Immutable; a change makes a new one, and connections keep theirs.</summary>
/// <remarks>Safe from every thread. Freed by the garbage collector once no connection refers to it: each holds its context.</remarks>
internal sealed unsafe class TlsContext : SafeHandle
{
    // About what libssl holds for one: without knowing it the collector would let replaced contexts pile up.
    private const long NativeBytes = 128 * 1024;

    private GCHandle _check;
    private byte* _protocols;

    private TlsContext(bool isServer) : base(0, ownsHandle: true)
    {
        IsServer = isServer;
        SetHandle(SSL_CTX_new(TLS_method()));
        GC.AddMemoryPressure(NativeBytes);
    }

    public bool IsServer { get; }

    /// <summary>The leaf that this side shows, the first of several; null without one.</summary>
    public PeerCertificate? Leaf { get; private set; }

    public override bool IsInvalid => handle == 0;

    internal nint Pointer => handle;

    /// <summary>Makes a context; null with the reason in the field's words when something in the options is unusable.</summary>
    public static TlsContext? Create(TlsContextOptions options, out string? problem)
    {
        TlsContext context = new(options.IsServer);
        problem = context.Configure(options);
        if (problem is null)
        {
            return context;
        }
        ERR_clear_error();
        context.Dispose();
        return null;
    }

    protected override bool ReleaseHandle()
    {
        SSL_CTX_free(handle);
        GC.RemoveMemoryPressure(NativeBytes);
        if (_check.IsAllocated)
        {
            _check.Free();
        }
        NativeMemory.Free(_protocols);
        return true;
    }

    private string? Configure(TlsContextOptions options)
    {
        SSL_CTX_ctrl(handle, CtrlMode, ModePartialWrite | ModeMovingBuffer | ModeAutoRetry | ModeReleaseBuffers, null);
        SSL_CTX_ctrl(handle, CtrlReadAhead, 1, null);
        SSL_CTX_ctrl(handle, CtrlMinimumVersion, options.MinimumVersion, null);
        SSL_CTX_ctrl(handle, CtrlMaximumVersion, options.MaximumVersion, null);
        SSL_CTX_set_options(handle, OptionNoRenegotiation | OptionServerPreference | (options.Resumption ? 0 : OptionNoTicket));
        if (options.Ciphers.Length > 0 && !WithText(options.Ciphers, p => SSL_CTX_set_cipher_list(handle, p) == 1))
        {
            return $"Failed to initialize cipher suites {options.Ciphers}";
        }
        if (options.Groups.Length > 0 && !WithText(options.Groups, p => SSL_CTX_ctrl(handle, CtrlGroups, 0, p) == 1))
        {
            return $"Failed to initialize ECDH curves {options.Groups}";
        }
        foreach (TlsKeyPair pair in options.Certificates)
        {
            if (Use(pair) is { } problem)
            {
                return problem;
            }
        }
        return Trust(options) ?? Sessions(options) ?? Protocols(options);
    }

    private string? Use(TlsKeyPair pair)
    {
        List<nint> chain = PemReader.Certificates(pair.Chain.Span);
        nint key = PemReader.PrivateKey(pair.Key.Span);
        try
        {
            if (chain.Count == 0 || SSL_CTX_use_certificate(handle, chain[0]) != 1)
            {
                return "Failed to load certificate chain: no usable PEM certificate in it";
            }
            Leaf ??= PemReader.ToPeerCertificate(chain[0]);
            foreach (nint issuer in chain.Skip(1))
            {
                SSL_CTX_ctrl(handle, CtrlAddChainCertificate, 1, (void*)issuer);
            }
            if (key == 0)
            {
                return "Failed to load private key: not a PEM key without a passphrase";
            }
            return SSL_CTX_use_PrivateKey(handle, key) == 1 && SSL_CTX_check_private_key(handle) == 1
                ? null : "Failed to load private key: it does not belong to the certificate";
        }
        finally
        {
            PemReader.Free(chain);
            EVP_PKEY_free(key);
        }
    }

    private string? Trust(TlsContextOptions options)
    {
        nint store = SSL_CTX_get_cert_store(handle);
        if (!options.TrustedRoots.IsEmpty)
        {
            List<nint> roots = PemReader.Certificates(options.TrustedRoots.Span);
            foreach (nint root in roots)
            {
                _ = X509_STORE_add_cert(store, root);
                if (options.IsServer)
                {
                    _ = SSL_CTX_add_client_CA(handle, root);
                }
            }
            int count = roots.Count;
            PemReader.Free(roots);
            if (count == 0)
            {
                return "Failed to load trusted CA certificates: no PEM certificate in it";
            }
        }
        ulong flags = StorePartialChain;
        if (!options.RevocationLists.IsEmpty)
        {
            if (!PemReader.AddRevocationLists(store, options.RevocationLists.Span))
            {
                return "Failed to load CRL: no PEM revocation list in it";
            }
            flags |= StoreCrlCheck | (options.RevocationOfLeafOnly ? 0 : StoreCrlCheckAll);
        }
        _ = X509_STORE_set_flags(store, flags);
        int mode = options.PeerCertificate switch
        {
            PeerCertificateMode.Require => VerifyPeer | VerifyRequired,
            PeerCertificateMode.Request => VerifyPeer,
            _ => VerifyNone,
        };
        SSL_CTX_set_verify(handle, mode, 0);
        if (mode != VerifyNone)
        {
            _check = GCHandle.Alloc(new Verification(options.PeerCheck, HasRoots: !options.TrustedRoots.IsEmpty));
            SSL_CTX_set_cert_verify_callback(handle, &OnVerify, GCHandle.ToIntPtr(_check));
        }
        return null;
    }

    private string? Sessions(TlsContextOptions options)
    {
        if (!options.IsServer)
        {
            SSL_CTX_ctrl(handle, CtrlSessionCacheMode, options.Resumption ? SessionCacheClient | SessionCacheNoInternal : SessionCacheOff, null);
            SSL_CTX_sess_set_new_cb(handle, &TlsIo.OnNewSession);
            return null;
        }
        // Tickets carry all of a session; the library's own table would be shared by the loops under a lock.
        SSL_CTX_ctrl(handle, CtrlSessionCacheMode, SessionCacheOff, null);
        _ = SSL_CTX_set_num_tickets(handle, options.Resumption ? 1u : 0u);
        byte[] id = SHA256.HashData(options.SessionContext.Span);
        fixed (byte* p = id)
        {
            return SSL_CTX_set_session_id_context(handle, p, (uint)id.Length) == 1 ? null : "Failed to set the session id context";
        }
    }

    private string? Protocols(TlsContextOptions options)
    {
        if (options.ApplicationProtocols.Count == 0)
        {
            return null;
        }
        if (Alpn.Encode(options.ApplicationProtocols) is not { } wire)
        {
            return "Invalid ALPN protocol string: each must have 1 to 255 bytes";
        }
        if (!options.IsServer)
        {
            fixed (byte* p = wire)
            {
                return SSL_CTX_set_alpn_protos(handle, p, (uint)wire.Length) == 0 ? null : "Failed to set the ALPN protocols";
            }
        }
        // Read by the callback on any thread as long as the context lives: an int, then the list.
        _protocols = (byte*)NativeMemory.Alloc((nuint)(sizeof(int) + wire.Length));
        *(int*)_protocols = wire.Length;
        wire.CopyTo(new Span<byte>(_protocols + sizeof(int), wire.Length));
        SSL_CTX_set_alpn_select_cb(handle, &OnSelectProtocol, (nint)_protocols);
        return null;
    }

    [UnmanagedCallersOnly]
    private static int OnSelectProtocol(nint ssl, byte** selected, byte* selectedLength, byte* offered, uint offeredLength, nint argument)
    {
        byte* own = (byte*)argument;
        // RFC 7301 3.2 asks for an alert when nothing is shared; Envoy goes on without a protocol, and so do we.
        return SSL_select_next_proto(selected, selectedLength, own + sizeof(int), (uint)*(int*)own, offered, offeredLength) == Negotiated
            ? AlertOk : AlertNoAcknowledge;
    }

    // In place of the library's verification: the chain first, then what else the leaf must be.
    [UnmanagedCallersOnly]
    private static int OnVerify(nint storeContext, nint argument)
    {
        Verification verification = (Verification)GCHandle.FromIntPtr(argument).Target!;
        if (verification.HasRoots && X509_verify_cert(storeContext) != 1)
        {
            return 0;
        }
        ERR_clear_error();
        if (verification.Check is null)
        {
            return 1;
        }
        PeerCertificate? leaf = PemReader.ToPeerCertificate(X509_STORE_CTX_get0_cert(storeContext));
        if (leaf is not null && verification.Check.Accepts(leaf))
        {
            X509_STORE_CTX_set_error(storeContext, VerifyOk);
            return 1;
        }
        X509_STORE_CTX_set_error(storeContext, VerifyApplication);
        return 0;
    }

    private static bool WithText(string text, NativeText use)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(text + "\0"))
        {
            return use(p);
        }
    }

    private delegate bool NativeText(byte* text);

    private sealed record Verification(IPeerCheck? Check, bool HasRoots);
}
