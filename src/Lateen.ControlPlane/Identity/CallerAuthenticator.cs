using System.Security.Cryptography.X509Certificates;
using Lateen.Grpc;
using Lateen.Grpc.Server;
using Lateen.Security;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Identity;

/// <summary>Who calls: by the workload certificate of the connection, else by the bearer token of the call.</summary>
/// <remarks>Istio's order of authenticators; the certificate was verified against the mesh's root in the handshake.</remarks>
internal sealed class CallerAuthenticator(ITokenReviewer? tokens, ILogger logger)
{
    private const string Bearer = "Bearer ";
    private const string AlternativeNames = "2.5.29.17";

    /// <summary>The caller's identity.</summary>
    /// <exception cref="GrpcException">There is none (Unauthenticated).</exception>
    public async Task<SpiffeId> AuthenticateAsync(GrpcServerCall call)
    {
        if (call.ClientCertificate is { } certificate && IdentityOf(certificate) is { } shown)
        {
            return shown;
        }

        var reason = "neither a workload certificate nor a token was shown";
        if (BearerToken(call.Metadata("authorization")) is { } token)
        {
            if (tokens is null)
            {
                reason = "there is no API server that could review the token";
            }
            else
            {
                var (identity, why) = await tokens.ReviewAsync(token, call.Cancellation);
                if (identity is not null)
                {
                    return identity;
                }

                reason = why;
            }
        }

        IdentityLog.Refused(logger, call.Peer, reason);
        throw new GrpcException(GrpcStatusCode.Unauthenticated, $"request authenticate failure: {reason}");
    }

    /// <summary>The first bearer token among the values of the header; null when there is none.</summary>
    internal static string? BearerToken(IEnumerable<string> authorization) =>
        authorization.FirstOrDefault(value => value.StartsWith(Bearer, StringComparison.Ordinal))?[Bearer.Length..].Trim();

    /// <summary>The SPIFFE id of a certificate; null when it has none or several.</summary>
    internal static SpiffeId? IdentityOf(X509Certificate2 certificate)
    {
        SpiffeId? found = null;
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value != AlternativeNames)
            {
                continue;
            }

            foreach (var uri in UniformNames.Read(extension.RawData))
            {
                if (!SpiffeId.TryParse(uri, out var id) || found is not null)
                {
                    return null;
                }

                found = id;
            }
        }

        return found;
    }
}
