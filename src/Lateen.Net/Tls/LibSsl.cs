using System.Runtime.InteropServices;

namespace Lateen.Net.Tls;

/// <summary>The functions of OpenSSL 3 that TLS here is made of, as they are.</summary>
/// <remarks>
/// Numbers are those of openssl/ssl.h, bio.h and x509_vfy.h of OpenSSL 3.0; macros of the headers appear as the ctrl calls that they stand
/// for. SSL_* is never called with SuppressGCTransition: a handshake is long enough to hold up a collection.
/// </remarks>
internal static unsafe class LibSsl
{
    public const int CtrlMode = 33, CtrlReadAhead = 41, CtrlSessionCacheMode = 44, CtrlServerName = 55, CtrlAddChainCertificate = 89,
        CtrlGroups = 92, CtrlMinimumVersion = 123, CtrlMaximumVersion = 124;
    public const int ModePartialWrite = 1, ModeMovingBuffer = 2, ModeAutoRetry = 4, ModeReleaseBuffers = 16;
    public const ulong OptionNoTicket = 1 << 14, OptionNoRenegotiation = 1UL << 30, OptionServerPreference = 1 << 22;
    public const int SessionCacheOff = 0, SessionCacheClient = 1, SessionCacheNoInternal = 0x300;
    public const int VerifyNone = 0, VerifyPeer = 1, VerifyRequired = 2;
    public const int ErrorSsl = 1, ErrorWantRead = 2, ErrorSyscall = 5, ErrorZeroReturn = 6;
    public const int BioRead = 1, BioRetry = 8, BioRetryMask = 15, BioSourceSink = 0x400, BioCtrlFlush = 11;
    public const int VerifyOk = 0, VerifyApplication = 50;
    public const ulong StoreCrlCheck = 4, StoreCrlCheckAll = 8, StorePartialChain = 0x80000;
    public const int AlertOk = 0, AlertNoAcknowledge = 3, Negotiated = 1;
    public const ulong NameRfc2253 = 0x1110317;

    private const string Ssl = "libssl.so.3", Crypto = "libcrypto.so.3";

    public const uint HostNoPartialWildcards = 0x4, HostNeverSubject = 0x20;

    [DllImport(Ssl)] public static extern nint TLS_method();
    [DllImport(Ssl)] public static extern nint SSL_CTX_new(nint method);
    [DllImport(Ssl)] public static extern void SSL_CTX_free(nint context);
    [DllImport(Ssl)] public static extern long SSL_CTX_ctrl(nint context, int command, long number, void* pointer);
    [DllImport(Ssl)] public static extern ulong SSL_CTX_set_options(nint context, ulong options);
    [DllImport(Ssl)] public static extern int SSL_CTX_set_cipher_list(nint context, byte* list);
    [DllImport(Ssl)] public static extern int SSL_CTX_use_certificate(nint context, nint certificate);
    [DllImport(Ssl)] public static extern int SSL_CTX_use_PrivateKey(nint context, nint key);
    [DllImport(Ssl)] public static extern int SSL_CTX_check_private_key(nint context);
    [DllImport(Ssl)] public static extern nint SSL_CTX_get_cert_store(nint context);
    [DllImport(Ssl)] public static extern int SSL_CTX_add_client_CA(nint context, nint certificate);
    [DllImport(Ssl)] public static extern void SSL_CTX_set_verify(nint context, int mode, nint callback);
    [DllImport(Ssl)] public static extern void SSL_CTX_set_cert_verify_callback(nint context, delegate* unmanaged<nint, nint, int> callback, nint argument);
    [DllImport(Ssl)] public static extern int SSL_CTX_set_session_id_context(nint context, byte* id, uint length);
    [DllImport(Ssl)] public static extern int SSL_CTX_set_alpn_protos(nint context, byte* protocols, uint length);
    [DllImport(Ssl)] public static extern void SSL_CTX_set_alpn_select_cb(nint context, delegate* unmanaged<nint, byte**, byte*, byte*, uint, nint, int> callback, nint argument);
    [DllImport(Ssl)] public static extern int SSL_select_next_proto(byte** output, byte* outputLength, byte* server, uint serverLength, byte* client, uint clientLength);
    [DllImport(Ssl)] public static extern void SSL_CTX_sess_set_new_cb(nint context, delegate* unmanaged<nint, nint, int> callback);
    [DllImport(Ssl)] public static extern int SSL_CTX_set_num_tickets(nint context, nuint count);
    [DllImport(Ssl)] public static extern nint SSL_new(nint context);
    [DllImport(Ssl)] public static extern void SSL_free(nint ssl);
    [DllImport(Ssl)] public static extern void SSL_set_accept_state(nint ssl);
    [DllImport(Ssl)] public static extern void SSL_set_connect_state(nint ssl);
    [DllImport(Ssl)] public static extern void SSL_set_bio(nint ssl, nint read, nint write);
    [DllImport(Ssl)] public static extern nint SSL_get_rbio(nint ssl);
    [DllImport(Ssl)] public static extern long SSL_ctrl(nint ssl, int command, long number, void* pointer);
    [DllImport(Ssl)] public static extern int SSL_set_alpn_protos(nint ssl, byte* protocols, uint length);
    [DllImport(Ssl)] public static extern int SSL_set1_host(nint ssl, byte* name);
    [DllImport(Ssl)] public static extern void SSL_set_hostflags(nint ssl, uint flags);
    [DllImport(Ssl)] public static extern int SSL_set_session(nint ssl, nint session);
    [DllImport(Ssl)] public static extern int SSL_do_handshake(nint ssl);
    [DllImport(Ssl)] public static extern int SSL_read(nint ssl, void* buffer, int length);
    [DllImport(Ssl)] public static extern int SSL_write(nint ssl, void* buffer, int length);
    [DllImport(Ssl)] public static extern int SSL_has_pending(nint ssl);
    [DllImport(Ssl)] public static extern int SSL_shutdown(nint ssl);
    [DllImport(Ssl)] public static extern int SSL_get_error(nint ssl, int result);
    [DllImport(Ssl)] public static extern int SSL_session_reused(nint ssl);
    [DllImport(Ssl)] public static extern long SSL_get_verify_result(nint ssl);
    [DllImport(Ssl)] public static extern byte* SSL_get_version(nint ssl);
    [DllImport(Ssl)] public static extern nint SSL_get_current_cipher(nint ssl);
    [DllImport(Ssl)] public static extern byte* SSL_CIPHER_get_name(nint cipher);
    [DllImport(Ssl)] public static extern byte* SSL_get_servername(nint ssl, int type);
    [DllImport(Ssl)] public static extern void SSL_get0_alpn_selected(nint ssl, byte** data, uint* length);
    [DllImport(Ssl)] public static extern nint SSL_get0_peer_certificate(nint ssl);
    [DllImport(Ssl)] public static extern nint SSL_get_certificate(nint ssl);
    [DllImport(Ssl)] public static extern nint SSL_get_session(nint ssl);
    [DllImport(Ssl)] public static extern byte* SSL_SESSION_get_id(nint session, uint* length);
    [DllImport(Ssl)] public static extern void SSL_SESSION_free(nint session);
    [DllImport(Crypto)] public static extern int BIO_get_new_index();
    [DllImport(Crypto)] public static extern nint BIO_meth_new(int type, byte* name);
    [DllImport(Crypto)] public static extern int BIO_meth_set_read(nint method, delegate* unmanaged<nint, byte*, int, int> read);
    [DllImport(Crypto)] public static extern int BIO_meth_set_write(nint method, delegate* unmanaged<nint, byte*, int, int> write);
    [DllImport(Crypto)] public static extern int BIO_meth_set_ctrl(nint method, delegate* unmanaged<nint, int, long, void*, long> control);
    [DllImport(Crypto)] public static extern nint BIO_new(nint method);
    [DllImport(Crypto)] public static extern void BIO_set_init(nint bio, int init);
    [DllImport(Crypto)] public static extern void BIO_set_data(nint bio, void* data);
    [DllImport(Crypto)] public static extern void* BIO_get_data(nint bio);
    [DllImport(Crypto)] public static extern void BIO_set_flags(nint bio, int flags);
    [DllImport(Crypto)] public static extern void BIO_clear_flags(nint bio, int flags);
    [DllImport(Crypto)] public static extern nint BIO_new_mem_buf(void* data, int length);
    [DllImport(Crypto)] public static extern nint BIO_s_mem();
    [DllImport(Crypto)] public static extern int BIO_read(nint bio, void* buffer, int length);
    [DllImport(Crypto)] public static extern int BIO_free(nint bio);
    [DllImport(Crypto)] public static extern nint PEM_read_bio_X509(nint bio, nint* target, nint password, nint argument);
    [DllImport(Crypto)] public static extern nint PEM_read_bio_X509_CRL(nint bio, nint* target, nint password, nint argument);
    [DllImport(Crypto)] public static extern nint PEM_read_bio_PrivateKey(nint bio, nint* target, nint password, nint argument);
    [DllImport(Crypto)] public static extern void X509_free(nint certificate);
    [DllImport(Crypto)] public static extern void X509_CRL_free(nint crl);
    [DllImport(Crypto)] public static extern void EVP_PKEY_free(nint key);
    [DllImport(Crypto)] public static extern int X509_STORE_add_cert(nint store, nint certificate);
    [DllImport(Crypto)] public static extern int X509_STORE_add_crl(nint store, nint crl);
    [DllImport(Crypto)] public static extern int X509_STORE_set_flags(nint store, ulong flags);
    [DllImport(Crypto)] public static extern int X509_verify_cert(nint storeContext);
    [DllImport(Crypto)] public static extern nint X509_STORE_CTX_get0_cert(nint storeContext);
    [DllImport(Crypto)] public static extern void X509_STORE_CTX_set_error(nint storeContext, int error);
    [DllImport(Crypto)] public static extern byte* X509_verify_cert_error_string(long error);
    [DllImport(Crypto)] public static extern int i2d_X509(nint certificate, byte** output);
    [DllImport(Crypto)] public static extern nint d2i_X509(nint* target, byte** input, long length);
    [DllImport(Crypto)] public static extern nint X509_get_subject_name(nint certificate);
    [DllImport(Crypto)] public static extern nint X509_get_issuer_name(nint certificate);
    [DllImport(Crypto)] public static extern int X509_NAME_print_ex(nint bio, nint name, int indent, ulong flags);
    [DllImport(Crypto)] public static extern ulong ERR_get_error();
    [DllImport(Crypto)] public static extern void ERR_clear_error();
    [DllImport(Crypto)] public static extern byte* ERR_reason_error_string(ulong error);
    [DllImport(Crypto)] public static extern byte* ERR_lib_error_string(ulong error);
}
