using Istio.V1.Auth;
using Lateen.Grpc;

namespace Lateen.Xds;

/// <summary>The workload certificate service that agents get their identity from.</summary>
public static class CertificateMethods
{
    /// <summary>istio.v1.auth.IstioCertificateService/CreateCertificate: a signing request in, the chain out, leaf first and root last.</summary>
    public static GrpcMethod<IstioCertificateRequest, IstioCertificateResponse> Create { get; } = new(
        "istio.v1.auth.IstioCertificateService",
        "CreateCertificate",
        GrpcMarshaller.Of(IstioCertificateRequest.Parser),
        GrpcMarshaller.Of(IstioCertificateResponse.Parser));
}
