using System.Diagnostics;
using System.Globalization;
using Lateen.Config.Sources.Kubernetes;
using Xunit;

namespace Lateen.ScenarioTests.Mesh;

/// <summary>A mesh brought up on this machine by the published executables, apart from any other by name, addresses and state folder.</summary>
/// <remarks>Disposing takes it down, also after a failed start; nothing of it may be left.</remarks>
public class SandboxMesh : IAsyncLifetime
{
    private static int _count;

    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-scenario-").FullName;

    public SandboxMesh()
    {
        int number = Interlocked.Increment(ref _count);
        Name = $"t{Environment.ProcessId % 10000}x{number}";
        int block = 16 + (((Environment.ProcessId * 7) + number) % 100);
        PodCidr = $"10.{100 + block}.0.0/16";
        ServiceCidr = $"10.{100 + block + 1}.0.0/16";
    }

    /// <summary>The mesh's name: the prefix of its namespaces and links; at most 8 characters.</summary>
    public string Name { get; }

    /// <summary>The pods' addresses.</summary>
    public string PodCidr { get; }

    /// <summary>The ClusterIPs.</summary>
    public string ServiceCidr { get; }

    /// <summary>What the mesh is made of; gateways cost a second of the start, and most scenarios need none.</summary>
    protected virtual string Profile => "minimal";

    /// <summary>The state folder.</summary>
    public string Home => Path.Combine(_folder, "home");

    /// <summary>The file that tells kubectl the way.</summary>
    public string Kubeconfig => Path.Combine(Home, "kubeconfig");

    /// <summary>The folder of the published executables.</summary>
    public static string Executables { get; } = FindExecutables();

    /// <summary>Brings the mesh up, where the machine can run one.</summary>
    public virtual async ValueTask InitializeAsync()
    {
        if (Missing() is null)
        {
            (await LateenAsync(["up", .. UpOptions()], TimeSpan.FromSeconds(60))).MustSucceed();
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Missing() is null)
        {
            (await LateenAsync(["down", "--home", Home, "--name", Name])).MustSucceed();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Skips the calling test, saying why, where the machine can not run a mesh.</summary>
    public static void SkipUnlessPossible() => Assert.SkipWhen(Missing() is not null, Missing() ?? "");

    /// <summary>The options that make <c>lateen up</c> bring up this mesh.</summary>
    public IReadOnlyList<string> UpOptions() =>
        ["--home", Home, "--name", Name, "--pod-cidr", PodCidr, "--service-cidr", ServiceCidr, "--api-port", "0", "--profile", Profile];

    /// <summary>Runs <c>lateen</c>.</summary>
    internal Task<ProcessOutcome> LateenAsync(IEnumerable<string> arguments, TimeSpan? limit = null) =>
        ProcessRun.RunAsync(Path.Combine(Executables, "lateen"), arguments, null, Variables(), limit);

    /// <summary>Runs a stock kubectl against the mesh's API; <paramref name="input"/> is its standard input.</summary>
    internal Task<ProcessOutcome> KubectlAsync(IEnumerable<string> arguments, string? input = null, TimeSpan? limit = null) =>
        ProcessRun.RunAsync("kubectl", arguments, input, Variables(), limit);

    /// <summary>Starts a program in the background with the mesh's KUBECONFIG.</summary>
    internal Process Start(string program, IEnumerable<string> arguments) => ProcessRun.Start(program, arguments, Variables());

    /// <summary>Applies a manifest and waits until the named deployments are rolled out.</summary>
    internal async Task ApplyAsync(string ns, string file, params string[] deployments)
    {
        (await KubectlAsync(["apply", "-n", ns, "-f", file])).MustSucceed();
        foreach (string deployment in deployments)
        {
            (await KubectlAsync(["rollout", "status", "-n", ns, "--timeout=45s", $"deployment/{deployment}"])).MustSucceed();
        }
    }

    /// <summary>Makes a namespace whose pods get a sidecar.</summary>
    internal async Task CreateInjectedNamespaceAsync(string ns)
    {
        (await KubectlAsync(["create", "namespace", ns])).MustSucceed();
        (await KubectlAsync(["label", "namespace", ns, "istio-injection=enabled"])).MustSucceed();
    }

    /// <summary>The name of the one pod that a label selects.</summary>
    internal async Task<string> PodAsync(string ns, string label) =>
        (await KubectlAsync(["get", "pod", "-n", ns, "-l", label, "-o", "jsonpath={.items[0].metadata.name}"])).MustSucceed().Output;

    /// <summary>Runs a shell line in a pod's first container.</summary>
    internal Task<ProcessOutcome> InPodAsync(string ns, string pod, string shell, TimeSpan? limit = null) =>
        KubectlAsync(["exec", "-n", ns, pod, "-c", "toolbox", "--", "sh", "-c", shell], null, limit);

    /// <summary>A client of the mesh's API.</summary>
    internal KubernetesClient Client() => new(KubeConfig.Load(Kubeconfig));

    /// <summary>A file of the project's samples, or of the folder that LATEEN_SCENARIOS names where it has one of that name.</summary>
    internal static string Sample(string path) =>
        Environment.GetEnvironmentVariable("LATEEN_SCENARIOS") is { Length: > 0 } folder && File.Exists(Path.Combine(folder, path))
            ? Path.Combine(folder, path)
            : Path.Combine(Executables, "..", "samples", path);

    /// <summary>The network namespace of a pod.</summary>
    internal async Task<string> NetworkNamespaceAsync(string ns, string pod)
    {
        string uid = (await KubectlAsync(["get", "pod", "-n", ns, pod, "-o", "jsonpath={.metadata.uid}"])).MustSucceed().Output;
        return $"{Name}-pod-{uid[..8]}";
    }

    /// <summary>Runs a program of this machine in a pod's network namespace.</summary>
    internal async Task<ProcessOutcome> InNetworkOfAsync(string ns, string pod, params string[] command) =>
        await ProcessRun.RunAsync("ip", ["netns", "exec", await NetworkNamespaceAsync(ns, pod), .. command]);

    /// <summary>The lines of a container's log.</summary>
    internal async Task<IReadOnlyList<string>> LogAsync(string ns, string pod, string container) =>
        Lines((await KubectlAsync(["logs", "-n", ns, pod, "-c", container, "--tail=-1"])).MustSucceed().Output);

    /// <summary>The lines that a container's log gets, beyond a number of them; waits until there are as many as wanted.</summary>
    internal async Task<IReadOnlyList<string>> LogBeyondAsync(string ns, string pod, string container, int beyond, int wanted)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        while (true)
        {
            IReadOnlyList<string> lines = await LogAsync(ns, pod, container);
            if (lines.Count >= beyond + wanted)
            {
                return [.. lines.Skip(beyond)];
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"the log of {pod}/{container} did not get {wanted} lines beyond {beyond}:\n{string.Join('\n', lines)}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>The processes of a program that run for this mesh: the daemon, or those in the mesh's network namespaces.</summary>
    internal async Task<IReadOnlyList<int>> ProcessesAsync(string program)
    {
        List<int> found = [.. ProcessIds().Where(id => ProgramOf(id) == program && CommandLine(id).Contains(Home, StringComparison.Ordinal))];
        foreach (string line in Lines((await ProcessRun.RunAsync("ip", ["netns", "list"])).Output).Where(l => l.StartsWith(Name + "-", StringComparison.Ordinal)))
        {
            string members = (await ProcessRun.RunAsync("ip", ["netns", "pids", line.Split(' ')[0]])).Output;
            found.AddRange(Lines(members).Select(l => int.Parse(l, CultureInfo.InvariantCulture)).Where(id => ProgramOf(id) == program));
        }

        return [.. found.Distinct()];
    }

    /// <summary>Kills the processes of a program that run for this mesh, as a crash would.</summary>
    internal async Task KillAsync(string program)
    {
        IReadOnlyList<int> ids = await ProcessesAsync(program);
        if (ids.Count == 0)
        {
            throw new InvalidOperationException($"no process {program} runs for mesh {Name}");
        }

        (await ProcessRun.RunAsync("kill", ["-KILL", .. ids.Select(id => $"{id}")])).MustSucceed();
    }

    /// <summary>What of this mesh is on the machine: namespaces, links, mounts and processes that carry its name or folder.</summary>
    internal async Task<IReadOnlyList<string>> LeftoversAsync()
    {
        string prefix = Name + "-";
        string namespaces = (await ProcessRun.RunAsync("ip", ["netns", "list"])).Output;
        string links = (await ProcessRun.RunAsync("ip", ["-o", "link"])).Output;
        string mounts = await File.ReadAllTextAsync("/proc/self/mounts");
        IEnumerable<string> processes = ProcessIds().Select(CommandLine).Where(line => line.Contains(_folder, StringComparison.Ordinal));
        return
        [
            .. Lines(namespaces).Where(l => l.StartsWith(prefix, StringComparison.Ordinal)),
            .. Lines(links).Where(l => l.Contains($": {prefix}", StringComparison.Ordinal)),
            .. Lines(mounts).Where(l => l.Contains(_folder, StringComparison.Ordinal)),
            .. processes,
        ];
    }

    private static string? Missing()
    {
        if (Environment.UserName != "root")
        {
            return "network namespaces need root";
        }

        return File.Exists(Path.Combine(Executables, "lateen")) ? null : "the executables are not built: run scripts/build.sh";
    }

    private static string FindExecutables()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lateen.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? ".", "out");
    }

    private static IEnumerable<int> ProcessIds() =>
        Directory.GetDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out int id) ? id : 0).Where(id => id > 0 && id != Environment.ProcessId);

    private static string ProgramOf(int process) => Read(process, "comm").Trim();

    private static string CommandLine(int process) => Read(process, "cmdline").Replace('\0', ' ');

    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (IOException)
        {
            return ""; // It has ended.
        }
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Dictionary<string, string> Variables() => new() { ["KUBECONFIG"] = Kubeconfig, ["HOME"] = _folder };
}
