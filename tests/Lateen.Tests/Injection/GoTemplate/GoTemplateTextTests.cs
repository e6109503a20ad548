using Lateen.Injection.Functions;
using Lateen.Injection.GoTemplate;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.GoTemplate;

public sealed class GoTemplateTextTests
{
    private static readonly GoMap Data = new()
    {
        ["Name"] = "web",
        ["Count"] = 3L,
        ["List"] = new List<object?> { "a", "b" },
        ["Map"] = new GoMap { ["z"] = 2L, ["x"] = 1L },
        ["Empty"] = "",
    };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{{ .Name }}", "web")]
    [InlineData("a {{- .Name -}} b", "awebb")]
    [InlineData("a\n{{- /* note */ -}}\nb", "ab")]
    [InlineData("{{ .Missing }}", "<no value>")]
    [InlineData("{{ .Missing.Deeper }}", "<no value>")]
    [InlineData("{{ if .Empty }}yes{{ else if eq .Count 3 }}three{{ else }}no{{ end }}", "three")]
    [InlineData("{{ with .Name }}{{ . }}{{ else }}none{{ end }}", "web")]
    [InlineData("{{ range .List }}[{{ . }}]{{ end }}", "[a][b]")]
    [InlineData("{{ range $i, $v := .List }}{{ $i }}={{ $v }};{{ end }}", "0=a;1=b;")]
    [InlineData("{{ range $k, $v := .Map }}{{ $k }}{{ $v }}{{ end }}", "x1z2")]
    [InlineData("{{ range .Empty2 }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ range .List }}{{ if eq . \"b\" }}{{ break }}{{ end }}{{ . }}{{ end }}", "a")]
    [InlineData("{{ range .List }}{{ if eq . \"a\" }}{{ continue }}{{ end }}{{ . }}{{ end }}", "b")]
    [InlineData("{{ range $i := until 3 }}{{ $i }}{{ end }}", "012")]
    [InlineData("{{ $x := 1 }}{{ range .List }}{{ $x = add $x 1 }}{{ end }}{{ $x }}", "3")]
    [InlineData("{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" .Name }}", "<web>")]
    [InlineData("{{ block \"t\" .Name }}[{{ . }}]{{ end }}", "[web]")]
    [InlineData("{{ (index .List 1) | upper | printf \"%s-%d\" | printf \"%v\" }}", "B-%!d(MISSING)")]
    [InlineData("{{ printf \"%q %5d|%-5s|%05d|%t|%.2f|%x\" \"a\\\"b\" 42 \"x\" 7 true 1.5 255 }}", "\"a\\\"b\"    42|x    |00007|true|1.50|ff")]
    [InlineData("{{ index .Map \"x\" }}{{ len .List }}{{ len \"héllo\" }}", "126")]
    [InlineData("{{ and .Name .Count }} {{ or .Empty \"d\" }} {{ not .Empty }}", "3 d true")]
    [InlineData("{{ or .Name (fail \"not reached\") }}", "web")]
    [InlineData("{{ and .Empty (fail \"not reached\") }}", "")]
    [InlineData("{{ eq .Name \"a\" \"web\" }} {{ ne 1 2 }} {{ lt 1 2.5 }} {{ ge \"b\" \"a\" }}", "true true true true")]
    [InlineData("{{ `raw \\n` }}{{ \"\\u00e9\\t\" }}{{ 'a' }}", "raw \\né\t97")]
    [InlineData("{{ 0x10 }} {{ 1_000 }} {{ -3 }} {{ 1.50 }} {{ 1e3 }}", "16 1000 -3 1.5 1000")]
    [InlineData("{{ $ }}", "map[Count:3 Empty: List:[a b] Map:map[x:1 z:2] Name:web]")]
    [InlineData("{{ .Name | default \"x\" }} {{ .Empty | default \"x\" }}", "web x")]
    [InlineData("{{ dict \"a\" 1 \"b\" (list 1 2) | toJson }}", "{\"a\":1,\"b\":[1,2]}")]
    [InlineData("{{ omit (dict \"a\" 1 \"b\" 2) \"a\" | toJSON }}", "{\"b\":2}")]
    [InlineData("{{ toYaml .Map | indent 2 }}", "x: 1\n  z: 2")]
    [InlineData("{{ toYaml .Map | nindent 2 }}", "\n  x: 1\n  z: 2")]
    [InlineData("{{ excludeInboundPort 15020 \"80,81\" }} {{ excludeInboundPort 80 \"80\" }} {{ excludeInboundPort \"0\" \"80\" }}", "80,81,15020 80 80")]
    [InlineData("{{ directory \"/a/b/c.pem\" }} {{ contains \"/\" \"a/b\" }} {{ toLower \"AbC\" }}", "/a/b true abc")]
    [InlineData("{{ valueOrDefault .Missing \"d\" }} {{ valueOrDefault .Name \"d\" }}", "d web")]
    [InlineData("{{ env \"A\" \"d\" }} {{ env \"B\" \"d\" }}", "1 d")]
    [InlineData("{{ strdict \"a\" 1 | toJSON }}", "{\"a\":\"1\"}")]
    [InlineData("{{ regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\" }}", "-W-xxW-")]
    [InlineData("{{ quote 1 \"a\" nil }} {{ squote \"b\" }}", "\"1\" \"a\" 'b'")]
    public void Render_Template_GivesWhatGoGives(string template, string expected) =>
        Render(template).ShouldBe(expected);

    [Theory]
    [InlineData("a\n{{ .Name", 2, "not closed")]
    [InlineData("{{ nope 1 }}", 1, "function \"nope\" is not defined")]
    [InlineData("{{ if .A }}\n\n{{ else }}", 1, "{{if}} has no {{end}}")]
    [InlineData("x{{ end }}", 1, "without an action")]
    [InlineData("{{ $x }}", 1, "undefined variable $x")]
    [InlineData("{{ define \"a\" }}{{ $y := 1 }}{{ end }}{{ $y }}", 1, "undefined variable $y")]
    [InlineData("{{ break }}", 1, "outside {{range}}")]
    [InlineData("{{ \"open }}", 1, "string is not closed")]
    [InlineData("{{ | .A }}", 1, "empty")]
    [InlineData("{{ }}", 1, "has no value")]
    public void Parse_BrokenTemplate_NamesLineAndReason(string template, int line, string reason)
    {
        var problem = Should.Throw<TemplateException>(() => Parse(template));

        problem.Template.ShouldBe("t1");
        problem.Line.ShouldBe(line);
        problem.Reason.ShouldContain(reason);
    }

    [Theory]
    [InlineData("\n{{ .Name.First }}", 2, "a string has no field First")]
    [InlineData("{{ fail \"stop\" }}", 1, "fail: stop")]
    [InlineData("{{ index .List 9 }}", 1, "index 9 is outside a list of 2")]
    [InlineData("{{ range .Name }}{{ end }}", 1, "range cannot walk over a string")]
    [InlineData("{{ template \"none\" . }}", 1, "template \"none\" is not defined")]
    [InlineData("{{ .Name 1 }}", 1, "no function")]
    [InlineData("{{ lt 1 \"a\" }}", 1, "cannot order")]
    [InlineData("{{ repeat 99999999 \"x\" }}", 1, "longer than")]
    [InlineData("{{ until 99999999 }}", 1, "longer than")]
    [InlineData("{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}", 1, "levels deep")]
    [InlineData("{{ range until 90000 }}{{ range until 90000 }}{{ end }}{{ end }}", 1, "steps")]
    public void Render_ImpossibleTemplate_NamesLineAndReason(string template, int line, string reason)
    {
        var problem = Should.Throw<TemplateException>(() => Render(template));

        problem.Line.ShouldBe(line);
        problem.Reason.ShouldContain(reason);
    }

    [Fact]
    public void Parse_DeepNesting_IsRefused() =>
        Should.Throw<TemplateException>(() => Parse(string.Concat(Enumerable.Repeat("{{ if .A }}", 5000)))).Reason.ShouldContain("nested deeper");

    private static string Render(string template) => Parse(template).Render(Data);

    private static GoTemplateText Parse(string template) =>
        GoTemplateText.Parse("t1", template, InjectionFunctions.Table(new Dictionary<string, string> { ["A"] = "1" }));
}
