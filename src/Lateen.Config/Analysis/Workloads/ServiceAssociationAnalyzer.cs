using Lateen.Config.Decoding;
using Lateen.Config.Sources.Files;
using Lateen.Model;

namespace Lateen.Config.Analysis.Workloads;

/// <summary>IST0117: a deployment of the mesh without a Service. IST0116, IST0137: its Services disagree about a port.</summary>
internal sealed class ServiceAssociationAnalyzer : IAnalyzer
{
    public string Name => "deployment.MultiServiceAnalyzer";

    public string Description => "Checks association between services and pods";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => mesh.OfKind("Deployment")
        .Where(deployment => MeshMembership.HasDeployment(mesh, deployment) && !MeshMembership.IsControlPlane(deployment))
        .SelectMany(deployment => Analyze(mesh, deployment));

    private static IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh, ConfigDocument deployment)
    {
        var labels = deployment.Node.At("spec", "template").Labels();
        var services = mesh.OfKind("Service")
            .Where(service => service.Resource.Namespace == deployment.Resource.Namespace
                && service.Node.PairsAt("spec", "selector") is { IsEmpty: false } selector && LabelsMatch.IsSubset(selector, labels))
            .ToList();
        var at = AnalyzedMesh.At(deployment);
        if (services.Count == 0)
        {
            return [ConfigProblem.Warning(
                "IST0117", "No service associated with this deployment. Service mesh deployments must be associated with a service.", at)];
        }

        List<ServicePort> ports = [.. services.SelectMany(service => service.Node.ItemsAt("spec", "ports").Select(port => ServicePort.Read(service, port)))];
        return OtherProtocols(deployment.Resource.Name, ports, at).Concat(OtherPorts(deployment.Resource.Name, ports, at));
    }

    private static IEnumerable<ConfigProblem> OtherProtocols(string deployment, List<ServicePort> ports, ConfigLocation at) => ports
        .GroupBy(port => port.Number)
        .Where(group => group.DistinctBy(port => port.Transport).Count() > 1)
        .Select(group => ConfigProblem.Warning(
            "IST0116",
            $"This deployment {deployment} is associated with multiple services using port {group.Key} but different protocols: {Names(group)}",
            at));

    private static IEnumerable<ConfigProblem> OtherPorts(string deployment, List<ServicePort> ports, ConfigLocation at) => ports
        .GroupBy(port => port.Target)
        .Where(group => group.DistinctBy(port => port.Number).Count() > 1)
        .Select(group => ConfigProblem.Warning(
            "IST0137",
            $"This deployment {deployment} is associated with multiple services {Names(group)} using targetPort {GoText.Quoted(group.Key)} "
            + $"but different ports: {GoText.List(group.Select(port => port.Number).Distinct().Order())}.",
            at));

    private static string Names(IEnumerable<ServicePort> ports) =>
        GoText.List(ports.Select(port => port.Service).Distinct().Order(StringComparer.Ordinal));

    private sealed record ServicePort(string Service, int Number, string Transport, string Target)
    {
        public static ServicePort Read(ConfigDocument service, ConfigNode port) => new(
            $"{service.Resource.Name}.{service.Resource.Namespace}",
            port.NumberAt("port"),
            port.TextAt("protocol") is { Length: > 0 } transport ? transport : "TCP",
            port.TextAt("targetPort") is { Length: > 0 } target ? target : port.TextAt("port"));
    }
}
