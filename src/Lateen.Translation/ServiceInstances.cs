using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Translation;

/// <summary>Finds what a proxy's own workload serves.</summary>
internal static class ServiceInstances
{
    /// <remarks>
    /// A pod serves the Kubernetes services of its namespace that select its labels, ready or not; everything else, and everything for a
    /// proxy whose pod is unknown, is found by an endpoint at one of the proxy's addresses.
    /// </remarks>
    public static EquatableArray<ServiceInstance> Find(ProxyContext context)
    {
        var proxy = context.Proxy;
        var snapshot = context.Snapshot;
        var pod = Pod(context);
        var candidates = snapshot.Index.ServiceTable.SelectingIn(proxy.Namespace)
            .Where(service => pod is null || LabelsMatch.IsSubset(service.Selector, pod.Labels))
            .ToList();
        var byEndpoint = proxy.Addresses
            .SelectMany(address => (IEnumerable<ServiceKey>)snapshot.Endpoints.UnselectedAt(address))
            .Distinct()
            .SelectMany(key => snapshot.Index.ServicesOf(key.Hostname).Where(service => service.Namespace == key.Namespace))
            .Where(service => service.Registry != Registry.Kubernetes || service.Namespace == proxy.Namespace)
            .Where(service => !candidates.Contains(service));
        var found = new List<ServiceInstance>();
        foreach (var service in candidates.Concat(byEndpoint.ToList()).Order(Comparer<Service>.Create(ServiceTable.CompareAge)))
        {
            if (pod is not null && service.Registry == Registry.Kubernetes && !service.Selector.IsEmpty)
            {
                found.AddRange(service.Ports.Select(port =>
                    new ServiceInstance(service, port, TargetPort(port, pod.Ports))).Where(i => i.TargetPort != 0));
            }
            else
            {
                AddByEndpoint(context, service, found);
            }
        }

        return found.ToEquatableArray();
    }

    private static void AddByEndpoint(ProxyContext context, Service service, List<ServiceInstance> found)
    {
        foreach (var port in service.Ports)
        {
            foreach (var endpoint in context.Snapshot.EndpointsOf(service, port))
            {
                if (context.Proxy.Addresses.Contains(endpoint.Address))
                {
                    found.Add(new(service, port, endpoint.Port));
                }
            }
        }
    }

    private static Workload? Pod(ProxyContext context)
    {
        foreach (var address in context.Proxy.Addresses)
        {
            if (context.Snapshot.Workloads.At(address) is { } workload)
            {
                return workload;
            }
        }

        return null;
    }

    /// <summary>The workload's port behind a service port; 0 when it names a port that the workload does not declare.</summary>
    private static int TargetPort(ServicePort port, EquatableArray<ContainerPort> declared)
    {
        if (port.TargetPortName.Length == 0)
        {
            return port.TargetPort == 0 ? port.Number : port.TargetPort;
        }

        foreach (var container in declared)
        {
            if (container.Name == port.TargetPortName)
            {
                return container.Number;
            }
        }

        return 0;
    }
}
