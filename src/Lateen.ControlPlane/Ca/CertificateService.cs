using System.Security.Cryptography;
using Istio.V1.Auth;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Identity;
using Lateen.Grpc;
using Lateen.Grpc.Server;
using Lateen.Security;
using Lateen.Xds;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Ca;

/// <summary>Signs workloads' requests: the certificate names who the caller was found to be, whatever the request asks for.</summary>
internal sealed class CertificateService(
    CertificateAuthority authority, CallerAuthenticator callers, EventCounters counters, TimeProvider time, ILogger logger)
{
    /// <summary>Istio, DEFAULT_WORKLOAD_CERT_TTL and MAX_WORKLOAD_CERT_TTL.</summary>
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(24);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(90);
    private const string ImpersonatedIdentity = "ImpersonatedIdentity";

    public void Map(IEndpointRouteBuilder routes, GrpcServerOptions options) =>
        routes.MapGrpcUnary(CertificateMethods.Create, options, CreateAsync);

    private async Task<IstioCertificateResponse> CreateAsync(IstioCertificateRequest request, GrpcServerCall call)
    {
        counters.Count(EventCounters.CertificateRequests);
        var identity = await AuthenticateAsync(call);
        if (request.Metadata?.Fields.ContainsKey(ImpersonatedIdentity) == true)
        {
            throw new GrpcException(GrpcStatusCode.Unauthenticated, "request impersonation authentication failure: nobody may act for others");
        }

        // 0 means the default; a duration beyond what TimeSpan holds is over the limit as well.
        var seconds = request.ValidityDuration;
        if (seconds < 0 || seconds > MaxLifetime.TotalSeconds)
        {
            throw new GrpcException(
                GrpcStatusCode.InvalidArgument, $"CSR signing error (requested TTL of {seconds}s is outside of 0 to {MaxLifetime.TotalSeconds}s)");
        }

        var lifetime = seconds == 0 ? DefaultLifetime : TimeSpan.FromSeconds(seconds);
        try
        {
            var leaf = authority.SignWorkload(request.Csr, identity, time.GetUtcNow(), lifetime);
            counters.Count(EventCounters.CertificatesIssued);
            CaLog.WorkloadIssued(logger, identity.ToString(), lifetime);
            return new IstioCertificateResponse { CertChain = { leaf, authority.RootPem } };
        }
        catch (CryptographicException exception)
        {
            counters.Count(EventCounters.RequestsNotSigned);
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"CSR signing error ({exception.Message})");
        }
    }

    private async Task<SpiffeId> AuthenticateAsync(GrpcServerCall call)
    {
        try
        {
            return await callers.AuthenticateAsync(call);
        }
        catch (GrpcException)
        {
            counters.Count(EventCounters.CallersUnknown);
            throw;
        }
    }
}
