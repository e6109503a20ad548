using Lateen.Config.Analysis.Authorization;
using Lateen.Config.Analysis.Gateways;
using Lateen.Config.Analysis.Injection;
using Lateen.Config.Analysis.Selectors;
using Lateen.Config.Analysis.VirtualServices;
using Lateen.Config.Analysis.Workloads;

namespace Lateen.Config.Analysis;

/// <summary>Every analyzer, one line each.</summary>
public static class Analyzers
{
    /// <summary>All of them; the schema's come last, one for each kind.</summary>
    public static IReadOnlyList<IAnalyzer> All { get; } =
    [
        new AnnotationAnalyzer(),
        new ApplicationUidAnalyzer(),
        new AuthorizationPolicyAnalyzer(),
        new ServiceAssociationAnalyzer(),
        new DeprecationAnalyzer(),
        new ServerVerificationAnalyzer(),
        new EnvoyPatchAnalyzer(),
        new DuplicateCertificateAnalyzer(),
        new ConflictingGatewayAnalyzer(),
        new GatewayPortAnalyzer(),
        new GatewaySecretAnalyzer(),
        new InjectionAnalyzer(),
        new ProxyImageAnalyzer(),
        new ImageAutoAnalyzer(),
        new MeshNetworksAnalyzer(),
        new PortNameAnalyzer(),
        new ServiceEntryAddressAnalyzer(),
        new SidecarDefaultSelectorAnalyzer(),
        new SidecarSelectorAnalyzer(),
        new TelemetryDefaultSelectorAnalyzer(),
        new TelemetryLightstepAnalyzer(),
        new TelemetryProviderAnalyzer(),
        new TelemetrySelectorAnalyzer(),
        new ConflictingMeshHostsAnalyzer(),
        new DestinationHostAnalyzer(),
        new SubsetAnalyzer(),
        new GatewayReferenceAnalyzer(),
        new JwtClaimRouteAnalyzer(),
        new RegexAnalyzer(),
        new WebhookAnalyzer(),
        .. SchemaAnalyzer.ForEachKind(),
    ];
}
