using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Injection.Admission;
using Lateen.Injection.Config;
using Lateen.Injection.GoTemplate;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>
/// Holds what injection runs with: the ConfigMaps <c>istio-sidecar-injector</c> and <c>istio</c> of the control plane's namespace
/// (with <c>-REVISION</c> for a named revision), parsed anew when they change.
/// </summary>
/// <remarks>A sink for an informer of ConfigMaps of that namespace. A text that cannot be used is logged, and the last good one stays.</remarks>
internal sealed class InjectionSource : IInformerSink<JsonObject>
{
    /// <summary>The control plane's environment variables that injection follows; templates read them with <c>env</c>.</summary>
    public static readonly IReadOnlyList<string> Settings = ["ENABLE_NATIVE_SIDECARS", "PILOT_ENABLE_INBOUND_PASSTHROUGH", "REWRITE_TCP_PROBES"];

    private readonly string _injectorName;
    private readonly string _meshName;
    private readonly string _revision;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly ILogger _logger;
    private readonly Lock _writing = new();
    private (string Config, string Values) _texts;
    private string? _meshText;
    private InjectorConfig? _config;
    private MeshSettings _mesh = MeshSettings.Default;
    private IReadOnlyList<JsonObject> _proxyConfigs = [];
    private InjectionSnapshot? _current;

    /// <param name="revision">The control plane's revision; "" or "default" for the default one.</param>
    /// <param name="environment">What templates may read with <c>env</c>, such as ENABLE_NATIVE_SIDECARS.</param>
    /// <param name="logger">Told about texts that cannot be used.</param>
    public InjectionSource(string revision, IReadOnlyDictionary<string, string> environment, ILogger logger)
    {
        _revision = revision == "default" ? "" : revision;
        var suffix = _revision.Length == 0 ? "" : "-" + _revision;
        (_injectorName, _meshName) = ("istio-sidecar-injector" + suffix, "istio" + suffix);
        (_environment, _logger) = (environment, logger);
    }

    /// <summary>The sink for an informer of ProxyConfigs of all namespaces.</summary>
    public IInformerSink<JsonObject> ProxyConfigs => new ProxyConfigSink(this);

    /// <summary>What to inject with; null until the ConfigMap was seen.</summary>
    public InjectionSnapshot? Current => Volatile.Read(ref _current);

    public void Reset(IReadOnlyList<JsonObject> items)
    {
        foreach (var item in items)
        {
            Upsert(item);
        }
    }

    public void Upsert(JsonObject item)
    {
        // Two informers write here, each on a thread of its own.
        lock (_writing)
        {
            var name = item.Name();
            if (name == _injectorName)
            {
                ReadInjector(item["data"] as JsonObject ?? []);
            }
            else if (name == _meshName)
            {
                ReadMesh((string?)item["data"]?["mesh"] ?? "");
            }
        }
    }

    /// <summary>A ConfigMap that is gone changes nothing: pods go on being injected as before.</summary>
    public void Delete(ObjectKey key)
    {
    }

    private void ReadInjector(JsonObject data)
    {
        var texts = ((string?)data["config"] ?? "", (string?)data["values"] ?? "{}");
        if (texts == _texts && _config is not null)
        {
            return;
        }

        try
        {
            _config = InjectorConfig.Parse(texts.Item1, texts.Item2, _environment);
            _texts = texts;
            InjectionLog.ConfigRead(_logger, _injectorName, _config.TemplateNames.Count);
            Publish();
        }
        catch (Exception problem) when (problem is FormatException or TemplateException)
        {
            InjectionLog.ConfigRefused(_logger, _injectorName, problem.Message);
        }
    }

    private void ReadMesh(string text)
    {
        if (text == _meshText)
        {
            return;
        }

        try
        {
            _mesh = MeshSettings.Parse(text);
            _meshText = text;
            Publish();
        }
        catch (FormatException problem)
        {
            InjectionLog.ConfigRefused(_logger, _meshName, problem.Message);
        }
    }

    private void SetProxyConfigs(IReadOnlyList<JsonObject> resources)
    {
        lock (_writing)
        {
            _proxyConfigs = resources;
            Publish();
        }
    }

    private void Publish()
    {
        if (_config is not null)
        {
            Volatile.Write(ref _current, new InjectionSnapshot(_config, _mesh, _revision) { ProxyConfigs = _proxyConfigs });
        }
    }

    private sealed class ProxyConfigSink(InjectionSource source) : IInformerSink<JsonObject>
    {
        private readonly Dictionary<ObjectKey, JsonObject> _resources = [];

        public void Reset(IReadOnlyList<JsonObject> items)
        {
            _resources.Clear();
            foreach (var item in items)
            {
                _resources[ObjectKey.Of(item)] = item;
            }

            source.SetProxyConfigs([.. _resources.Values]);
        }

        public void Upsert(JsonObject item)
        {
            _resources[ObjectKey.Of(item)] = item;
            source.SetProxyConfigs([.. _resources.Values]);
        }

        public void Delete(ObjectKey key)
        {
            _resources.Remove(key);
            source.SetProxyConfigs([.. _resources.Values]);
        }
    }
}
