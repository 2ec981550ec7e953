// Four visits as the Web Connector makes them, through the proxy that `wsdl` makes from the bridge's own WSDL.
//
// It compiles only if every call of the proxy takes plain parameters and gives a string, a string[] or an int.
// Arguments: address, user name, password. Each result is one line on standard output: the name of the call, then its
// values in base64, each after a tab ("-" is null). QuickBooks stands on the other side of the pipe: each "ask" is
// answered by one line of base64 on standard input.

using System;
using System.Linq;
using System.Text;
using System.Web.Services.Protocols;

public partial class QBWebConnectorSvc
{
    // A call that no server has, as old servers lack the newer ones.
    [SoapDocumentMethod("http://developer.intuit.com/getServerName", RequestNamespace = "http://developer.intuit.com/",
        ResponseNamespace = "http://developer.intuit.com/", ParameterStyle = SoapParameterStyle.Wrapped)]
    public string getServerName()
    {
        return (string)Invoke("getServerName", new object[0])[0];
    }
}

public static class DotnetSession
{
    // More calls than the visits of the test need: a server that never ends is seen as one.
    const int MaxCalls = 200;

    static QBWebConnectorSvc service;

    public static void Main(string[] arguments)
    {
        service = new QBWebConnectorSvc();
        Tell("Url", service.Url);
        service.Url = arguments[0];

        Tell("serverVersion", service.serverVersion());
        Tell("clientVersion", service.clientVersion("2.3.0.215"));
        try { Tell("getServerName", service.getServerName()); }
        catch (SoapException fault) { Tell("getServerName", fault.Code.Name, fault.Message); }

        Login("refused", null, null);
        Unreachable(Login("authenticate", arguments[1], arguments[2])[0]);
        Interactive(Login("authenticate", arguments[1], arguments[2])[0]);
        Exchange(Login("authenticate", arguments[1], arguments[2])[0]);
        Login("idle", arguments[1], arguments[2]);
        Tell("end");
    }

    static string[] Login(string name, string user, string password)
    {
        string[] answer = service.authenticate(user, password);
        Tell(name, answer);
        if (answer[1] != "") Tell("closeConnection", service.closeConnection(answer[0]));
        return answer;
    }

    // QuickBooks cannot be opened: other company files are tried as long as the server names one.
    static void Unreachable(string ticket)
    {
        string answer = "";
        for (int calls = 0; answer != "done" && calls < MaxCalls; calls++)
            Tell("connectionError", answer = service.connectionError(ticket, "0x80040408", "Could not start \u201cQuickBooks\u201d & <co>"));
        Tell("getLastError", service.getLastError(ticket));
        Tell("closeConnection", service.closeConnection(ticket));
    }

    static void Interactive(string ticket)
    {
        Tell("getInteractiveURL", service.getInteractiveURL(ticket, "session"));
        Tell("interactiveRejected", service.interactiveRejected(ticket, "not now"));
        Tell("interactiveDone", service.interactiveDone(ticket));
        Tell("isInteractiveDone", service.isInteractiveDone(ticket));
        Tell("closeConnection", service.closeConnection(ticket));
    }

    static void Exchange(string ticket)
    {
        string facts = Ask("facts");
        int progress = 0;
        for (int calls = 0; progress >= 0 && progress < 100 && calls < MaxCalls; calls++)
        {
            string request = service.sendRequestXML(ticket, facts, "C:\\Books\\Caf\u00e9 & Co.qbw", "US", 16, 0);
            facts = null;
            if (request == "")
            {
                string why = service.getLastError(ticket);
                Tell("getLastError", why);
                if (why == "NoOp") continue;
                break;
            }
            progress = service.receiveResponseXML(ticket, Ask("ask", request), null, null);
            Tell("receiveResponseXML", progress.ToString());
        }
        if (progress < 0) Tell("getLastError", service.getLastError(ticket));
        Tell("closeConnection", service.closeConnection(ticket));
    }

    static string Ask(string name, params string[] values)
    {
        Tell(name, values);
        return Encoding.UTF8.GetString(Convert.FromBase64String(Console.In.ReadLine()));
    }

    static void Tell(string name, params string[] values)
    {
        Console.Out.WriteLine(string.Join("\t", new[] { name }.Concat(values.Select(
            value => value == null ? "-" : Convert.ToBase64String(Encoding.UTF8.GetBytes(value))))));
        Console.Out.Flush();
    }
}
