using System.Globalization;
using System.Runtime.InteropServices;
using static Lateen.Net.Tls.LibSsl;

namespace Lateen.Net.Tls;

/// <summary>The library's error queue as one line, in the shape Envoy gives it.</summary>
internal static unsafe class TlsFailure
{
    /// <summary>Takes all errors of this thread's queue. Never empty.</summary>
    /// <param name="ssl">Whose verification result is told along.</param>
    /// <param name="otherwise">What to say when the queue is empty.</param>
    public static string Take(nint ssl, string otherwise)
    {
        List<string> errors = [];
        while (ERR_get_error() is not 0 and var error)
        {
            string library = Marshal.PtrToStringUTF8((nint)ERR_lib_error_string(error)) ?? "";
            string reason = Marshal.PtrToStringUTF8((nint)ERR_reason_error_string(error)) ?? "";
            errors.Add(string.Create(
                CultureInfo.InvariantCulture, $"{error}:{library}:OPENSSL_internal:{reason.ToUpperInvariant().Replace(' ', '_')}"));
        }
        long verdict = SSL_get_verify_result(ssl);
        if (verdict == VerifyApplication)
        {
            errors.Add("verify SAN list");
        }
        else if (verdict != VerifyOk)
        {
            errors.Add(Marshal.PtrToStringUTF8((nint)X509_verify_cert_error_string(verdict)) ?? "");
        }
        return errors.Count == 0 ? otherwise : $"TLS_error:|{string.Join('|', errors)}:TLS_error_end";
    }
}
