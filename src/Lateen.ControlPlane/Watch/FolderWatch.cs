using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model.KubernetesGateways;

namespace Lateen.ControlPlane.Watch;

/// <summary>Follows a folder of YAML in place of an API server: the same objects, passed to the same writer.</summary>
internal sealed class FolderWatch(FolderSource folder, MeshWriter writer, ObjectReaders readers)
{
    private HashSet<(string Group, ResourceName Name)> _known = [];

    public Task RunAsync(CancellationToken cancellation) => folder.RunAsync(Take, cancellation);

    private void Take(FolderReading reading)
    {
        var changes = new List<Action<MeshState>>();
        var seen = new HashSet<(string, ResourceName)>();
        foreach (var document in reading.Documents)
        {
            if (JsonTree.ToJson(document.Node) is not JsonObject value || Read(document, value) is not { } change)
            {
                continue;
            }

            seen.Add((document.Group, document.Resource));
            changes.Add(change);
        }

        foreach (var (group, name) in _known.Except(seen))
        {
            changes.Add(state => Delete(state, group, name));
        }

        _known = seen;
        writer.Post(state => changes.ForEach(change => change(state)));
        writer.MarkSynced();
    }

    private Action<MeshState>? Read(ConfigDocument document, JsonObject value)
    {
        if (document.Resource.Namespace.Length > 0)
        {
            value["metadata"]!["namespace"] = document.Resource.Namespace;
        }

        return (document.Group, document.Resource.Kind) switch
        {
            ("", "Service") => readers.Service(value),
            ("", "Pod") => readers.Pod(value),
            ("", "Namespace") => ObjectReaders.Namespace(value),
            ("", "Node") => ObjectReaders.Node(value),
            ("", "ConfigMap") => readers.ConfigMap(value),
            ("discovery.k8s.io", "EndpointSlice") => ObjectReaders.Slice(value),
            ("networking.k8s.io", "Ingress") => ObjectReaders.Ingress(value),
            ("networking.k8s.io", "IngressClass") => ObjectReaders.IngressClass(value),
            (GatewayNames.Group, var kind) when KubernetesGatewayObjects.Knows(kind) => ObjectReaders.GatewayApi(kind, value),
            var (group, kind) when IstioDecoder.Knows(group, kind) => readers.Resource(value),
            _ => null,
        };
    }

    private static void Delete(MeshState state, string group, ResourceName name)
    {
        var key = new ObjectKey(name.Namespace, name.Name);
        switch (group, name.Kind)
        {
            case ("", "Service"):
                state.DeleteService(key);
                break;
            case ("", "Pod"):
                state.DeletePod(key);
                break;
            case ("", "Namespace"):
                state.DeleteNamespace(name.Name);
                break;
            case ("", "Node"):
                state.DeleteNode(name.Name);
                break;
            case ("discovery.k8s.io", "EndpointSlice"):
                state.DeleteSlice(key);
                break;
            case ("networking.k8s.io", "Ingress"):
                state.Ingresses.Delete(key);
                break;
            case ("networking.k8s.io", "IngressClass"):
                state.Ingresses.DeleteClass(name.Name);
                break;
            case (GatewayNames.Group, var kind):
                state.KubernetesGateways.Delete(kind, key);
                break;
            default:
                state.DeleteResource(name);
                break;
        }
    }
}
