using System.Collections.Concurrent;
using Lateen.Sandbox.Api.Admission;
using Lateen.Sandbox.Api.CustomResources;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Which rules hold for which resource.</summary>
internal sealed class StrategyTable(ServiceAddresses addresses, TimeProvider time)
{
    private readonly ConcurrentDictionary<ApiResource, IObjectStrategy> _strategies = new(ReferenceEqualityComparer.Instance);

    public IObjectStrategy For(ApiResource resource) =>
        resource.Custom is null ? _strategies.GetOrAdd(resource, Make) : new CustomStrategy(resource);

    private IObjectStrategy Make(ApiResource resource) => resource.GroupResource switch
    {
        "pods" => new PodStrategy(resource),
        "services" => new ServiceStrategy(resource, addresses),
        "namespaces" => new NamespaceStrategy(resource),
        "nodes" => new NodeStrategy(resource),
        "ingresses.networking.k8s.io" => new IngressStrategy(resource),
        "deployments.apps" or "replicasets.apps" or "statefulsets.apps" or "daemonsets.apps"
            or "replicationcontrollers" or "jobs.batch" or "cronjobs.batch" => new WorkloadStrategy(resource),
        "mutatingwebhookconfigurations.admissionregistration.k8s.io" or "validatingwebhookconfigurations.admissionregistration.k8s.io" =>
            new WebhookStrategy(resource),
        ResourceRegistry.Definitions => new DefinitionStrategy(resource, time),
        _ => new PlainStrategy(resource),
    };
}
