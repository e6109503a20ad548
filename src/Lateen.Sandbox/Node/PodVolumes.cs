using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>Writes a pod's volumes as folders of the host, and writes them again when what they show changed.</summary>
/// <remarks>Files are replaced one by one and each at once (rename), so that a reader never sees half a file.</remarks>
internal sealed class PodVolumes(string folder, PodFields fields, VolumeSources sources, TimeProvider time)
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode OpenMode = FolderMode | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const string Failed = "FailedMount";

    private readonly Dictionary<string, (string Token, DateTimeOffset RefreshAt)> _tokens = [];

    /// <summary>When the next token has to be asked for; null when there is none.</summary>
    public DateTimeOffset? RefreshAt => _tokens.Count == 0 ? null : _tokens.Values.Min(entry => entry.RefreshAt);

    /// <summary>The path of a volume on the host.</summary>
    public string PathOf(JsonObject volume) =>
        volume["hostPath"] is JsonObject host ? host.Text("path") : Path.Combine(folder, volume.Text("name"));

    /// <summary>Writes all volumes of the pod.</summary>
    /// <param name="pod">The pod as it is now: its labels and annotations may be shown.</param>
    /// <exception cref="NotReadyYetException">A ConfigMap or Secret is missing, or a kind of volume is not to be had.</exception>
    public async Task WriteAsync(JsonObject pod, CancellationToken cancellation)
    {
        PodFields now = fields with { Pod = pod };
        foreach (JsonObject volume in pod.Items("spec", "volumes"))
        {
            await WriteAsync(now, volume, cancellation);
        }
    }

    private async Task WriteAsync(PodFields now, JsonObject volume, CancellationToken cancellation)
    {
        string path = PathOf(volume);
        string name = volume.Text("name");
        if (volume["emptyDir"] is not null)
        {
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, OpenMode);
        }
        else if (volume["hostPath"] is JsonObject host)
        {
            if (!Path.Exists(path) && host.Text("type") is not ("DirectoryOrCreate" or ""))
            {
                throw new NotReadyYetException(Failed, $"MountVolume.SetUp failed for volume \"{name}\" : hostPath {path} does not exist");
            }

            if (!Path.Exists(path))
            {
                Directory.CreateDirectory(path);
            }
        }
        else if (volume["configMap"] is JsonObject map)
        {
            await FillAsync(path, FromMap(name, map.Text("name"), map), Mode(map), cancellation);
        }
        else if (volume["secret"] is JsonObject secret)
        {
            await FillAsync(path, FromSecret(name, secret.Text("secretName"), secret), Mode(secret), cancellation);
        }
        else if (volume["downwardAPI"] is JsonObject downward)
        {
            await FillAsync(path, FromFields(now, downward), Mode(downward), cancellation);
        }
        else if (volume["projected"] is JsonObject projected)
        {
            List<KeyValuePair<string, byte[]>> files = [];
            foreach (JsonObject source in projected.Items("sources"))
            {
                files.AddRange(await FromProjectedAsync(now, name, source, cancellation));
            }

            await FillAsync(path, files, Mode(projected), cancellation);
        }
        else
        {
            string kind = volume.FirstOrDefault(member => member.Key != "name").Key ?? "none";
            throw new NotReadyYetException(
                Failed, $"volume \"{name}\": the sandbox has no volumes of kind {kind}; use emptyDir, hostPath, configMap, secret, projected or downwardAPI");
        }
    }

    private async Task<IEnumerable<KeyValuePair<string, byte[]>>> FromProjectedAsync(
        PodFields now, string volume, JsonObject source, CancellationToken cancellation)
    {
        if (source["configMap"] is JsonObject map)
        {
            return FromMap(volume, map.Text("name"), map);
        }

        if (source["secret"] is JsonObject secret)
        {
            return FromSecret(volume, secret.Text("name"), secret);
        }

        if (source["downwardAPI"] is JsonObject downward)
        {
            return FromFields(now, downward);
        }

        return source["serviceAccountToken"] is JsonObject token
            ? [KeyValuePair.Create(token.Text("path"), Encoding.UTF8.GetBytes(await TokenAsync(volume, token, cancellation)))]
            : [];
    }

    // A token is asked for again when four fifths of its life are over.
    private async Task<string> TokenAsync(string volume, JsonObject source, CancellationToken cancellation)
    {
        string slot = $"{volume}/{source.Text("path")}";
        DateTimeOffset now = time.GetUtcNow();
        if (_tokens.TryGetValue(slot, out (string Token, DateTimeOffset RefreshAt) known) && known.RefreshAt > now)
        {
            return known.Token;
        }

        long seconds = source.Number("expirationSeconds") ?? 3600;
        string token = await sources.TokenAsync(fields.Pod, source.Text("audience"), seconds, cancellation);
        _tokens[slot] = (token, now.AddSeconds(seconds * 0.8));
        return token;
    }

    private List<KeyValuePair<string, byte[]>> FromMap(string volume, string name, JsonObject source)
    {
        if (Require(sources.ConfigMap(name), volume, "configmap", name, source) is not { } map)
        {
            return [];
        }

        IEnumerable<KeyValuePair<string, byte[]>> files = map.Pairs("data")
            .Select(pair => KeyValuePair.Create(pair.Key, Encoding.UTF8.GetBytes(pair.Value)))
            .Concat(map.Pairs("binaryData").Select(pair => KeyValuePair.Create(pair.Key, Convert.FromBase64String(pair.Value))));
        return Select(files, volume, $"configmap \"{name}\"", source);
    }

    private List<KeyValuePair<string, byte[]>> FromSecret(string volume, string name, JsonObject source) =>
        Require(sources.Secret(name), volume, "secret", name, source) is { } secret
            ? Select(
                secret.Pairs("data").Select(pair => KeyValuePair.Create(pair.Key, Convert.FromBase64String(pair.Value))),
                volume,
                $"secret \"{name}\"",
                source)
            : [];

    private static JsonObject? Require(JsonObject? found, string volume, string kind, string name, JsonObject source) =>
        found is null && !source.Flag("optional")
            ? throw new NotReadyYetException(Failed, $"MountVolume.SetUp failed for volume \"{volume}\" : {kind} \"{name}\" not found")
            : found;

    private static List<KeyValuePair<string, byte[]>> Select(
        IEnumerable<KeyValuePair<string, byte[]>> files, string volume, string what, JsonObject source)
    {
        if (source["items"] is not JsonArray { Count: > 0 })
        {
            return [.. files];
        }

        Dictionary<string, byte[]> all = files.ToDictionary();
        List<KeyValuePair<string, byte[]>> chosen = [];
        foreach (JsonObject item in source.Items("items"))
        {
            if (all.TryGetValue(item.Text("key"), out byte[]? content))
            {
                chosen.Add(KeyValuePair.Create(item.Text("path"), content));
            }
            else if (!source.Flag("optional"))
            {
                throw new NotReadyYetException(
                    Failed, $"MountVolume.SetUp failed for volume \"{volume}\" : {what} references non-existent key: {item.Text("key")}");
            }
        }

        return chosen;
    }

    private static List<KeyValuePair<string, byte[]>> FromFields(PodFields now, JsonObject source) =>
        [.. source.Items("items").Select(item => KeyValuePair.Create(item.Text("path"), Encoding.UTF8.GetBytes(
            item["fieldRef"] is JsonObject field ? now.Field(field.Text("fieldPath")) ?? ""
            : item["resourceFieldRef"] is JsonObject resource ? now.Resource(resource, null) ?? ""
            : "")))];

    private static UnixFileMode Mode(JsonObject source) => (UnixFileMode)(source.Number("defaultMode") ?? 0x1A4 /* 0644 */);

    private static async Task FillAsync(
        string path, IReadOnlyList<KeyValuePair<string, byte[]>> files, UnixFileMode mode, CancellationToken cancellation)
    {
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, FolderMode);
        HashSet<string> kept = [];
        foreach ((string name, byte[] content) in files)
        {
            string file = Path.GetFullPath(Path.Combine(path, name));
            if (!file.StartsWith(path + "/", StringComparison.Ordinal))
            {
                throw new NotReadyYetException(Failed, $"path '{name}' leads out of the volume");
            }

            kept.Add(file);
            byte[]? before = File.Exists(file) ? await File.ReadAllBytesAsync(file, cancellation) : null;
            if (before is not null && content.AsSpan().SequenceEqual(before))
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            string fresh = file + ".new";
            await File.WriteAllBytesAsync(fresh, content, cancellation);
            File.SetUnixFileMode(fresh, mode);
            File.Move(fresh, file, overwrite: true);
        }

        foreach (string old in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !kept.Contains(file)).ToList())
        {
            File.Delete(old);
        }
    }
}
