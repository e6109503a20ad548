using System.Text;
using static Lateen.Net.Tls.LibSsl;

namespace Lateen.Net.Tls;

/// <summary>Native objects out of PEM and DER, and back.</summary>
internal static unsafe class PemReader
{
    private const int NameCapacity = 4096;

    /// <summary>Every certificate of a PEM text; the caller frees them.</summary>
    public static List<nint> Certificates(ReadOnlySpan<byte> pem)
    {
        List<nint> found = [];
        fixed (byte* p = pem)
        {
            nint bio = BIO_new_mem_buf(p, pem.Length);
            while (PEM_read_bio_X509(bio, null, 0, 0) is not 0 and var certificate)
            {
                found.Add(certificate);
            }
            _ = BIO_free(bio);
        }
        ERR_clear_error(); // "no start line" is how the end looks.
        return found;
    }

    /// <summary>Every certificate of a PEM text as a value.</summary>
    public static IReadOnlyList<PeerCertificate> Values(ReadOnlySpan<byte> pem)
    {
        List<nint> found = Certificates(pem);
        List<PeerCertificate> values = [.. found.Select(ToPeerCertificate).OfType<PeerCertificate>()];
        Free(found);
        return values;
    }

    public static void Free(List<nint> certificates) => certificates.ForEach(X509_free);

    /// <summary>The private key of a PEM text, or 0; the caller frees it.</summary>
    public static nint PrivateKey(ReadOnlySpan<byte> pem)
    {
        fixed (byte* p = pem)
        {
            nint bio = BIO_new_mem_buf(p, pem.Length);
            // A passphrase of length 0 keeps the library from asking a terminal for one.
            byte none = 0;
            nint key = PEM_read_bio_PrivateKey(bio, null, 0, (nint)(&none));
            _ = BIO_free(bio);
            ERR_clear_error();
            return key;
        }
    }

    public static bool AddRevocationLists(nint store, ReadOnlySpan<byte> pem)
    {
        int count = 0;
        fixed (byte* p = pem)
        {
            nint bio = BIO_new_mem_buf(p, pem.Length);
            while (PEM_read_bio_X509_CRL(bio, null, 0, 0) is not 0 and var list)
            {
                _ = X509_STORE_add_crl(store, list);
                X509_CRL_free(list);
                count++;
            }
            _ = BIO_free(bio);
        }
        ERR_clear_error();
        return count > 0;
    }

    /// <summary>A copy of a native certificate as a value; null if there is none.</summary>
    public static PeerCertificate? ToPeerCertificate(nint certificate)
    {
        int length = certificate == 0 ? 0 : i2d_X509(certificate, null);
        if (length <= 0)
        {
            return null;
        }
        byte[] der = new byte[length];
        fixed (byte* p = der)
        {
            byte* at = p;
            _ = i2d_X509(certificate, &at);
        }
        return PeerCertificate.Parse(der);
    }

    /// <summary>Subject and issuer of a DER certificate as RFC 2253 writes names.</summary>
    public static (string Subject, string Issuer) Names(ReadOnlySpan<byte> der)
    {
        fixed (byte* p = der)
        {
            byte* at = p;
            nint certificate = d2i_X509(null, &at, der.Length);
            if (certificate == 0)
            {
                ERR_clear_error();
                return ("", "");
            }
            (string, string) names = (Name(X509_get_subject_name(certificate)), Name(X509_get_issuer_name(certificate)));
            X509_free(certificate);
            return names;
        }
    }

    private static string Name(nint name)
    {
        nint bio = BIO_new(BIO_s_mem());
        _ = X509_NAME_print_ex(bio, name, 0, NameRfc2253);
        byte* text = stackalloc byte[NameCapacity];
        int length = BIO_read(bio, text, NameCapacity);
        _ = BIO_free(bio);
        return length > 0 ? Encoding.UTF8.GetString(text, length) : "";
    }
}
