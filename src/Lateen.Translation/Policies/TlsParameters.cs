using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Parameters = Envoy.Extensions.TransportSockets.Tls.V3.TlsParameters;

namespace Lateen.Translation.Policies;

/// <summary>TLS versions and cipher suites.</summary>
internal static class TlsParameters
{
    /// <summary>The suites of mutual TLS between sidecars, in the order of preference.</summary>
    public static readonly string[] MutualCiphers =
    [
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
    ];

    /// <summary>Towards services: TLS 1.2 up to 1.3.</summary>
    /// <param name="isMutual">With the mesh's own certificates, which the defaults for other TLS do not touch.</param>
    public static Parameters Client(MeshConfig mesh, bool isMutual)
    {
        var result = new Parameters
        {
            TlsMinimumProtocolVersion = Parameters.Types.TlsProtocol.Tlsv12,
            TlsMaximumProtocolVersion = Parameters.Types.TlsProtocol.Tlsv13,
        };
        if (!isMutual)
        {
            result.EcdhCurves.AddRange(mesh.TlsDefaults?.EcdhCurves ?? []);
        }

        return result;
    }

    /// <summary>What sidecars accept.</summary>
    public static Parameters MutualServer(MeshConfig mesh)
    {
        var result = new Parameters
        {
            TlsMinimumProtocolVersion = mesh.MeshMtlsMinProtocolVersion == TlsProtocolVersion.Tls13
                ? Parameters.Types.TlsProtocol.Tlsv13
                : Parameters.Types.TlsProtocol.Tlsv12,
            TlsMaximumProtocolVersion = Parameters.Types.TlsProtocol.Tlsv13,
        };
        result.CipherSuites.AddRange(mesh.MeshMtlsCipherSuites.IsEmpty ? MutualCiphers : mesh.MeshMtlsCipherSuites.Distinct());
        return result;
    }
}
