using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Gives pods their ServiceAccount and the volume with its token (Kubernetes, "ServiceAccount admission controller").</summary>
internal sealed class ServiceAccountAdmission(ObjectStore store, Random random) : IAdmission
{
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string VolumePrefix = "kube-api-access-";
    private const long TokenSeconds = 3607;

    public Task<JsonObject> MutateAsync(AdmissionAttributes attributes, JsonObject obj, CancellationToken cancel)
    {
        if (attributes is { Operation: "CREATE", Request.Resource.GroupResource: "pods", Request.Target.Subresource: "" })
        {
            Mutate(attributes, obj, obj.Ensure("spec"));
        }

        return Task.FromResult(obj);
    }

    public Task ValidateAsync(AdmissionAttributes attributes, JsonObject? obj, CancellationToken cancel) => Task.CompletedTask;

    private void Mutate(AdmissionAttributes attributes, JsonObject pod, JsonObject spec)
    {
        if (spec.Str("serviceAccountName") is not { Length: > 0 })
        {
            spec["serviceAccountName"] = "default";
        }

        var name = spec.Str("serviceAccountName")!;
        spec["serviceAccount"] = name;
        var ns = attributes.Request.Target.Namespace;
        var account = store.Get(new ObjectKey("serviceaccounts", ns, name)) ?? throw ApiException.Forbidden(
            "pods", pod.Obj("metadata").Str("name") ?? "", $"error looking up service account {ns}/{name}: serviceaccount \"{name}\" not found");
        var wanted = spec.Bool("automountServiceAccountToken")
            ?? (account.Root.At("automountServiceAccountToken").ValueKind is not System.Text.Json.JsonValueKind.False);
        if (wanted)
        {
            MountToken(spec);
        }
    }

    private void MountToken(JsonObject spec)
    {
        var containers = spec.Each("initContainers").Concat(spec.Each("containers")).ToList();
        var bare = containers.Where(c => !c.Each("volumeMounts").Any(m => m.Str("mountPath")?.TrimEnd('/') == MountPath)).ToList();
        if (bare.Count == 0)
        {
            return;
        }

        var volume = spec.Each("volumes").Select(v => v.Str("name")).FirstOrDefault(n => n?.StartsWith(VolumePrefix, StringComparison.Ordinal) == true);
        if (volume is null)
        {
            volume = VolumePrefix + string.Concat(Enumerable.Range(0, 5).Select(_ => "bcdfghjklmnpqrstvwxz2456789"[random.Next(27)]));
            if (spec.Arr("volumes") is not { } volumes)
            {
                spec["volumes"] = volumes = [];
            }

            volumes.Add((JsonNode)TokenVolume(volume));
        }

        foreach (var container in bare)
        {
            if (container.Arr("volumeMounts") is not { } mounts)
            {
                container["volumeMounts"] = mounts = [];
            }

            mounts.Add((JsonNode)new JsonObject { ["name"] = volume, ["readOnly"] = true, ["mountPath"] = MountPath });
        }
    }

    private static JsonObject TokenVolume(string name) => new()
    {
        ["name"] = name,
        ["projected"] = new JsonObject
        {
            ["sources"] = new JsonArray(
                new JsonObject { ["serviceAccountToken"] = new JsonObject { ["expirationSeconds"] = TokenSeconds, ["path"] = "token" } },
                new JsonObject
                {
                    ["configMap"] = new JsonObject
                    {
                        ["name"] = "kube-root-ca.crt",
                        ["items"] = new JsonArray(new JsonObject { ["key"] = "ca.crt", ["path"] = "ca.crt" }),
                    },
                },
                new JsonObject
                {
                    ["downwardAPI"] = new JsonObject
                    {
                        ["items"] = new JsonArray(new JsonObject
                        {
                            ["path"] = "namespace",
                            ["fieldRef"] = new JsonObject { ["apiVersion"] = "v1", ["fieldPath"] = "metadata.namespace" },
                        }),
                    },
                }),
            ["defaultMode"] = 420,
        },
    };
}
