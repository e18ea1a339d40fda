/* Which requests are answered without the handler, and which client a forwarded request belongs to. */
#include <criterion/criterion.h>
#include <string.h>

#include "http/exchange.h"

static const struct hosts loopback = {.loopback = true};

static bool answered(const char *head, struct response *response)
{
    struct http_request request;
    cr_assert_gt(http_parse(head, strlen(head), &request), 0);
    *response = response_of(0);
    return exchange_needs_no_handler(&request, &loopback, response);
}

static void expect_answer(const char *head, int status, bool closes)
{
    struct response response;
    cr_assert(answered(head, &response), "%s", head);
    cr_expect_eq(response.status, status, "%s: %d", head, response.status);
    cr_expect(response.close == closes && response.linger == closes, "%s", head);
    response_free(&response);
}

Test(exchange, requests_that_need_no_handler)
{
    expect_answer("GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", 421, false);
    expect_answer("DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, false);
    expect_answer("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n", 405, true);
    expect_answer("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n", 413, true);
    expect_answer("OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n", 204, false);
}

Test(exchange, requests_that_the_handler_answers)
{
    struct response response;
    cr_expect_not(answered("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n", &response));
    cr_expect_not(answered("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n", &response));
}

Test(exchange, a_wrong_host_is_logged_with_the_option_that_adds_one)
{
    struct response response;
    cr_assert(answered("GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", &response));
    cr_expect_not_null(strstr(response.error, "(--host=NAME adds one)"), "%s", response.error);
    response_free(&response);
}

Test(exchange, a_forwarded_request_is_its_clients)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n";
    struct proxies proxies = {.count = 0};
    struct clients clients;
    struct pm_error error = {0};
    char client[INET6_ADDRSTRLEN] = "127.0.0.1";
    clients_init(&clients);
    cr_assert_eq(proxies_add(&proxies, "127.0.0.1", &error), 0);
    struct http_exchange exchange = {
        .client = client, .account = clients_hold(&clients, client), .local = true};
    struct client *of_proxy = exchange.account;
    exchange_identify(&exchange, &clients, &proxies, (struct span){head, strlen(head)}, "127.0.0.1", client);
    cr_expect_str_eq(client, "192.0.2.7");
    cr_expect_not(exchange.local);
    cr_expect_neq(exchange.account, of_proxy);
    clients_release(&clients, exchange.account);
}
