using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Net.Tls;
using Lateen.Proxy.TransportSockets;
using SanType = Envoy.Extensions.TransportSockets.Tls.V3.SubjectAltNameMatcher.Types.SanType;

namespace Lateen.Proxy.Compile;

/// <summary>Secrets and validation contexts to what TLS contexts are made of. Material is tried out here, so that a broken one is refused by name.</summary>
internal static class SecretCompiler
{
    /// <summary>Null after a problem.</summary>
    public static TlsSecret? Compile(CompileScope scope, Secret secret)
    {
        switch (secret.TypeCase)
        {
            case Secret.TypeOneofCase.TlsCertificate:
                TlsKeyPair? pair = KeyPair(scope, secret.TlsCertificate, "tls_certificate");
                return pair is null ? null : new TlsSecret { KeyPair = pair };
            case Secret.TypeOneofCase.ValidationContext:
                ValidationRules rules = Validation(scope, secret.ValidationContext, "validation_context");
                return scope.Problems.Count > 0 ? null : new TlsSecret { Validation = rules };
            default:
                scope.Refuse("type", $"{secret.TypeCase} is not supported: use tls_certificate or validation_context");
                return null;
        }
    }

    public static TlsKeyPair? KeyPair(CompileScope scope, TlsCertificate certificate, string path)
    {
        if (certificate.PrivateKeyProvider is not null || certificate.Pkcs12 is not null)
        {
            scope.Refuse(path, "private_key_provider and pkcs12 are not supported: use certificate_chain and private_key");
            return null;
        }
        TlsKeyPair pair = new(
            Bytes(scope, certificate.CertificateChain, path + ".certificate_chain"), Bytes(scope, certificate.PrivateKey, path + ".private_key"));
        return Try(scope, new TlsContextOptions { IsServer = true, Certificates = [pair] }, path) ? pair : null;
    }

    public static ValidationRules Validation(CompileScope scope, CertificateValidationContext context, string path)
    {
        ValidationRules rules = new()
        {
            TrustedRoots = Bytes(scope, context.TrustedCa, path + ".trusted_ca"),
            RevocationLists = Bytes(scope, context.Crl, path + ".crl"),
            RevocationOfLeafOnly = context.OnlyVerifyLeafCertCrl,
            AcceptsUntrusted =
                context.TrustChainVerification == CertificateValidationContext.Types.TrustChainVerification.AcceptUntrusted,
            Names = Names(scope, context, path),
            CertificatePins = [.. context.VerifyCertificateHash.Select(h => h.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant())],
            KeyPins = [.. context.VerifyCertificateSpki],
        };
        if (context.SystemRootCerts is not null || context.CustomValidatorConfig is not null)
        {
            scope.Refuse(path, "system_root_certs and custom_validator_config are not supported: use trusted_ca");
        }
        Try(scope, new TlsContextOptions { IsServer = false, TrustedRoots = rules.TrustedRoots, RevocationLists = rules.RevocationLists }, path);
        return rules;
    }

    private static SubjectNameMatcher[] Names(CompileScope scope, CertificateValidationContext context, string path)
    {
        List<SubjectNameMatcher> names = [];
        void Add(SubjectNameKind kind, Envoy.Type.Matcher.V3.StringMatcher matcher, string at)
        {
            if (MatcherCompiler.String(scope, matcher, at) is { } compiled)
            {
                names.Add(new SubjectNameMatcher(kind, compiled));
            }
        }
#pragma warning disable CS0612 // match_subject_alt_names is deprecated and what Istio 1.19 sends.
        for (int i = 0; i < context.MatchSubjectAltNames.Count; i++)
        {
            Add(SubjectNameKind.Any, context.MatchSubjectAltNames[i], $"{path}.match_subject_alt_names[{i}]");
        }
#pragma warning restore CS0612
        for (int i = 0; i < context.MatchTypedSubjectAltNames.Count; i++)
        {
            SubjectAltNameMatcher typed = context.MatchTypedSubjectAltNames[i];
            string at = $"{path}.match_typed_subject_alt_names[{i}]";
            SubjectNameKind? kind = typed.SanType switch
            {
                SanType.Email => SubjectNameKind.Email,
                SanType.Dns => SubjectNameKind.Dns,
                SanType.Uri => SubjectNameKind.Uri,
                SanType.IpAddress => SubjectNameKind.Address,
                _ => null,
            };
            if (kind is null)
            {
                scope.Refuse(at + ".san_type", $"{typed.SanType} is not supported");
                continue;
            }
            Add(kind.Value, typed.Matcher, at + ".matcher");
        }
        return [.. names];
    }

    private static bool Try(CompileScope scope, TlsContextOptions options, string path)
    {
        using TlsContext? context = TlsContext.Create(options, out string? problem);
        if (problem is not null)
        {
            scope.Refuse(path, problem);
        }
        return problem is null;
    }

    private static ReadOnlyMemory<byte> Bytes(CompileScope scope, DataSource? source, string path)
    {
        switch (source?.SpecifierCase ?? DataSource.SpecifierOneofCase.None)
        {
            case DataSource.SpecifierOneofCase.InlineBytes:
                return source!.InlineBytes.ToByteArray();
            case DataSource.SpecifierOneofCase.InlineString:
                return Encoding.UTF8.GetBytes(source!.InlineString);
            case DataSource.SpecifierOneofCase.Filename:
                try
                {
                    return File.ReadAllBytes(source!.Filename);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    scope.Refuse(path + ".filename", $"\"{source!.Filename}\" cannot be read: {e.Message}");
                    return default;
                }
            case DataSource.SpecifierOneofCase.None:
                return default;
            default:
                scope.Refuse(path, "use inline_bytes, inline_string or filename");
                return default;
        }
    }
}
